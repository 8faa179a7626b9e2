import CKernels

/// Matrix products in the arithmetic of their left operand, with float32 sums: through this package's own kernels, or
/// in float32 through OpenBLAS where the processor has no registers of 512 bits. Weights in `q8Tiled` take integer
/// products instead.
public enum MatrixProduct {
  /// The type whose products this processor computes fastest.
  public static var fastestType: DType { KernelLevel.current == .avx512bf16 ? .bfloat16 : .float32 }

  /// Whether this processor has instructions for products of bytes.
  public static var isFastInIntegers: Bool { lk_has_fast_q8(kernelLevel) }

  /// Whether a float32 left operand may stand beside a right one in fewer bits, which is then widened as it is read.
  public static var widensRightOperand: Bool { PackedGEMM.isFastInFloat32 }

  /// A second product that is added to a first.
  public struct Term {
    /// [M, R], of the first left operand's type.
    public let a: Matrix
    /// [R, N], or [N, R] where the first product transposes too.
    public let b: Matrix

    /// Names the operands.
    public init(_ a: Matrix, _ b: Matrix) { (self.a, self.b) = (a, b) }
  }

  /// Computes C = A·op(B) + A₂·op(B₂) + bias, added to what C holds where `adds`.
  ///
  /// - Parameters:
  ///   - a: [M, K].
  ///   - b: [K, N], or [N, K] if `transposeB`. Beside a bfloat16 `a` it may be in any format, and its values are
  ///     rounded; beside a float32 one where `widensRightOperand`. In `q8Tiled` it may stand beside either.
  ///   - term: A₂ and B₂.
  ///   - c: [M, N]; float32, or of either type beside a bfloat16 `a`. It overlaps no operand.
  ///   - factor: A factor on the first product; there is no second one beside a factor other than 1.
  ///   - bias: [1, N], float32.
  ///   - dithers: Whether an `a` that is rounded to eight bits is rounded up or down at random, so that its small values
  ///     beside large ones still count for what they are, on average.
  public static func multiply(
    _ a: Matrix, _ b: WeightMatrix, transposeB: Bool = false, plus term: Term? = nil, into c: Matrix,
    adds: Bool = false, factor: Float = 1, bias: Matrix? = nil, dithers: Bool = false, pool: ThreadPool
  ) {
    precondition(factor == 1 || (term == nil && bias == nil), "a factor beside other terms")
    precondition(b.isReadInPlace(by: a.dtype), "\(a.dtype) by \(b.format)")
    if b.format == .q8Tiled {
      let isInOne = term == nil || a.dtype == .bfloat16
      IntegerGEMM.multiply(
        a, b, transposeB: transposeB, plus: isInOne ? term : nil, into: c, adds: adds, factor: factor,
        bias: bias, dithers: dithers, pool: pool)
      if let term, !isInOne {
        multiply(term.a, term.b, transposeB: transposeB, into: c, adds: true, pool: pool)
      }
      return
    }
    if a.dtype == .bfloat16 || PackedGEMM.isFastInFloat32 {
      return PackedGEMM.multiply(
        a, b, transposeB: transposeB, plus: term, into: c, adds: adds, factor: factor, bias: bias, pool: pool)
    }
    GEMM.multiply(a, b.matrix, transposeB: transposeB, into: c, alpha: factor, beta: adds ? 1 : 0, pool: pool)
    if let term { GEMM.multiply(term.a, term.b, transposeB: transposeB, into: c, beta: 1, pool: pool) }
    if let bias { Elementwise.addBias(bias.base, to: c, pool: pool) }
  }

  /// The same for a right operand that is a matrix.
  public static func multiply(
    _ a: Matrix, _ b: Matrix, transposeB: Bool = false, plus term: Term? = nil, into c: Matrix,
    adds: Bool = false, factor: Float = 1, bias: Matrix? = nil, pool: ThreadPool
  ) {
    multiply(
      a, WeightMatrix(b), transposeB: transposeB, plus: term, into: c, adds: adds, factor: factor, bias: bias,
      pool: pool)
  }

  /// Adds Xᵀ·Y to C.
  ///
  /// - Parameters:
  ///   - x: [T, M].
  ///   - y: [T, N], of the same type. Of two bfloat16 matrices, one should be narrow.
  ///   - c: [M, N], float32.
  public static func addTransposedProduct(_ x: Matrix, _ y: Matrix, to c: Matrix, pool: ThreadPool) {
    let isNarrow = min(x.columns, y.columns) <= widestUnpacked
    if x.dtype == .bfloat16 || (PackedGEMM.isFastInFloat32 && isNarrow) {
      PackedGEMM.addTransposedProduct(x, y, to: c, pool: pool)
    } else {
      GEMM.multiply(x, transposeA: true, y, into: c, beta: 1, pool: pool)
    }
  }

  /// The widest narrow operand for which not packing the other one pays: stacked adapters are narrower, and the
  /// gradients of whole weights wider.
  private static let widestUnpacked = 256
}
