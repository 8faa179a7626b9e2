import CKernels
import Foundation

/// The cosines and sines of a rotary embedding, for positions 0 ..< `positions`.
public final class RotaryTable: Sendable {
  /// [positions, D/2].
  public let cosine: Matrix
  /// [positions, D/2].
  public let sine: Matrix
  private let storage: Storage

  /// Tabulates cos and sin of position · inverse frequency.
  ///
  /// The angle is a float32 product, as in Hugging Face transformers: checkpoints were trained with its
  /// rounding, which at position 8,000 moves an angle by up to 2.4e-4. What follows is computed in Double.
  ///
  /// - Parameters:
  ///   - inverseFrequencies: [D/2].
  ///   - maxPositions: How many positions there will be.
  public init(inverseFrequencies: [Float], maxPositions: Int) {
    let half = inverseFrequencies.count
    storage = Storage(count: 2 * maxPositions * half)
    cosine = Matrix(storage.base, rows: maxPositions, columns: half)
    sine = Matrix(storage.base + maxPositions * half, rows: maxPositions, columns: half)
    for position in 0..<maxPositions {
      let (cosines, sines) = (cosine.row(position), sine.row(position))
      for (index, frequency) in inverseFrequencies.enumerated() {
        let angle = Double(Float(position) * frequency)
        cosines[index] = Float(cos(angle))
        sines[index] = Float(sin(angle))
      }
    }
  }
}

/// Rotary position embedding (Su et al., 2021, arXiv:2104.09864), in Hugging Face's layout.
public enum RotaryEmbedding {
  /// Rotates each head of each row in place, by the angles of the row's position.
  ///
  /// The first half of a head is paired with its second half: (a, b) becomes (a·cos − b·sin, b·cos + a·sin).
  /// A rotation's transpose is the inverse rotation, so the backward is this call on the gradient with
  /// `inverse`.
  ///
  /// - Parameters:
  ///   - x: [T, heads·D], rotated in place.
  ///   - headDimension: D, even.
  ///   - positions: [T], each within the table.
  ///   - inverse: Whether to rotate back.
  public static func apply(
    to x: Matrix, headDimension: Int, positions: UnsafeBufferPointer<Int32>, table: RotaryTable,
    inverse: Bool, pool: ThreadPool
  ) {
    let half = headDimension / 2
    precondition(
      headDimension == 2 * table.cosine.columns && x.columns % headDimension == 0,
      "\(x.columns) columns in heads of \(headDimension), tables of \(table.cosine.columns)")
    requireIndices(positions, count: x.rows, below: table.cosine.rows)
    guard let positions = positions.baseAddress else { return }
    let (cosine, sine, level) = (table.cosine.base, table.sine.base, kernelLevel)
    pool.split(x.rows, cost: x.columns) { range in
      lk_rotary(
        x.kernelRows(range), cosine, sine, positions + range.lowerBound, inverse ? -1 : 1, range.count,
        x.columns / headDimension, half, level)
    }
  }
}
