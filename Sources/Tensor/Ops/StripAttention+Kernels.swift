import CKernels
import Foundation

/// The kernels of attention in strips, each for either type.
///
/// In bfloat16 scores carry a factor of log₂ e, which makes exponentials powers of two, of an accuracy that the
/// rounding behind them hides; in float32 they are as they are.
extension StripAttention {
  /// A packed right operand: where its first panel is, and how many elements on the next.
  struct Panels {
    let base: UnsafeMutableRawPointer
    let stride: Int

    /// Those in a matrix from an element on.
    init(_ panels: Matrix, from element: Int = 0, stride: Int) {
      base = panels.address + element * panels.dtype.byteCount
      self.stride = stride
    }
  }

  static func packTransposed(_ b: Matrix, into buffer: Matrix, _ level: lk_level) -> Panels {
    let panels = Panels(buffer, stride: roundedUp(b.columns, to: 2) * panelColumns)
    if b.dtype == .float32 {
      lk_pack_transposed_f32(buffer.base, panels.stride, b.kernelRows, b.columns, b.rows, level)
    } else {
      lk_pack_transposed_bf16(buffer.bfloat16Base, panels.stride, b.kernelRows, b.columns, b.rows, level)
    }
    return panels
  }

  static func pack(_ b: Matrix, into buffer: Matrix, _ level: lk_level) -> Panels {
    let panels = Panels(buffer, stride: roundedUp(b.rows, to: 2) * panelColumns)
    if b.dtype == .float32 {
      lk_pack_f32(buffer.base, panels.stride, b.kernelRows, b.rows, b.columns, level)
    } else {
      lk_pack_bf16(buffer.bfloat16Base, panels.stride, b.kernelRows, b.rows, b.columns, level)
    }
    return panels
  }

  /// Writes the transpose of `x` to `y`, which may be of fewer bits.
  static func transpose(_ x: Matrix, into y: Matrix, _ level: lk_level) {
    switch (x.dtype, y.dtype) {
    case (.float32, .float32): lk_transpose_f32(y.base, y.stride, x.base, x.stride, x.rows, x.columns, level)
    case (.float32, _):
      lk_transpose_narrow_bf16(y.bfloat16Base, y.stride, x.base, x.stride, x.rows, x.columns, level)
    default: lk_transpose_bf16(y.bfloat16Base, y.stride, x.bfloat16Base, x.stride, x.rows, x.columns, level)
    }
  }

  /// c = factor·a·b, added to what c holds where `adds`, over the first rows of b, as many as a has columns.
  static func multiply(
    _ a: Matrix, _ b: Panels, into c: Matrix, adds: Bool = false, factor: Float = 1, _ level: lk_level
  ) {
    if a.dtype == .float32 {
      lk_gemm_block_f32(
        c.base, c.stride, adds, factor, a.base, a.stride, a.columns,
        b.base.assumingMemoryBound(to: Float.self),
        b.stride, c.rows, c.columns, level)
    } else {
      lk_gemm_block_bf16(
        c.address, c.stride, c.kernelRows.type, adds, factor, a.bfloat16Base, a.stride, a.columns,
        b.base.assumingMemoryBound(to: UInt16.self), b.stride, c.rows, c.columns, level)
    }
  }

  /// The softmax of a strip's scores over running maxima and sums.
  ///
  /// - Parameters:
  ///   - scores: [queries, keys] in rows one after another; overwritten.
  ///   - accumulated: [queries, D], rescaled where a maximum rises.
  ///   - visible: How many of the keys the first query sees; each sees one more than the one before.
  /// - Returns: [queries, keys], the type of the products; zero behind the last key seen.
  static func softmax(
    _ scores: Matrix, _ maxima: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Float>,
    rescaling accumulated: Matrix, visible: Int, _ slot: Slot, _ level: lk_level
  ) -> Matrix {
    guard let rounded = slot.rounded?.block(rows: scores.rows, columns: scores.columns) else {
      lk_softmax_block_f32(
        scores.base, maxima, sums, accumulated.base, scores.rows, scores.columns, visible, scores.rows,
        accumulated.columns, level)
      return scores
    }
    lk_softmax_block_bf16(
      rounded.bfloat16Base, scores.base, scores.stride, maxima, sums, accumulated.base, accumulated.columns,
      scores.rows, scores.columns, visible, level)
    return rounded
  }

  /// Turns a strip's scores and the gradients of its probabilities into probabilities and the gradients of its scores,
  /// and packs both among those of its block.
  ///
  /// - Parameters:
  ///   - scores: [queries, keys] in rows one after another, as `dProbabilities` are; both are overwritten.
  ///   - firstRow: The place of the strip's first query in its block.
  ///   - visible: How many of the keys the first query sees; each sees one more than the one before.
  /// - Returns: The gradients of the scores, [queries, keys], the type of the products; zero behind the last key seen.
  static func softmaxBackward(
    _ scores: Matrix, _ dProbabilities: Matrix, _ logSumExp: UnsafePointer<Float>,
    _ delta: UnsafePointer<Float>, firstRow: Int, visible: Int, _ slot: Slot, _ level: lk_level
  ) -> Matrix {
    let (rows, width) = (scores.rows, scores.columns)
    let (place, stride) = (firstRow * panelColumns, queryBlock * panelColumns)
    guard let rounded = slot.rounded?.block(rows: rows, columns: width) else {
      lk_softmax_block_backward_f32(
        scores.base, dProbabilities.base, logSumExp, delta, rows, width, visible, rows, level)
      lk_pack_f32(slot.probabilities.base + place, stride, scores.kernelRows, rows, width, level)
      lk_pack_f32(slot.dScores.base + place, stride, dProbabilities.kernelRows, rows, width, level)
      return dProbabilities
    }
    lk_softmax_backward_bf16(
      rounded.bfloat16Base, slot.probabilities.bfloat16Base + place, slot.dScores.bfloat16Base + place,
      stride, scores.base,
      dProbabilities.base, width, logSumExp, delta, rows, width, visible, level)
    return rounded
  }
}

extension StripAttention.Slot {
  /// The factor that scores carry.
  var unit: Float { dtype == .float32 ? 1 : Float(M_LOG2E) }
}
