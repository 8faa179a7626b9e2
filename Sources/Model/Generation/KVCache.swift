import Tensor

/// The keys and values of every layer for the tokens of one sequence so far.
public final class KVCache: Sendable {
  /// The most tokens it holds.
  public let capacity: Int

  private let width: Int
  private let storage: Storage

  /// Makes room for `capacity` tokens.
  public init(_ configuration: ModelConfiguration, capacity: Int) {
    self.capacity = capacity
    width = configuration.keyValueHeadCount * configuration.headDimension
    storage = Storage(count: 2 * configuration.layerCount * capacity * width)
  }

  /// The rotated keys of the first `count` tokens, [count, K·D].
  func keys(layer: Int, count: Int) -> Matrix { plane(2 * layer).rows(0..<count) }

  /// The values of the first `count` tokens, [count, K·D].
  func values(layer: Int, count: Int) -> Matrix { plane(2 * layer + 1).rows(0..<count) }

  /// Stores the keys and values of new tokens from position `start` on.
  func append(keys: Matrix, values: Matrix, layer: Int, at start: Int) {
    let rows = start..<start + keys.rows
    plane(2 * layer).rows(rows).copy(from: keys)
    plane(2 * layer + 1).rows(rows).copy(from: values)
  }

  private func plane(_ index: Int) -> Matrix {
    Matrix(storage.base + index * capacity * width, rows: capacity, columns: width)
  }
}
