import Tensor

/// The keys and values of every layer for the tokens of one sequence so far.
public final class KVCache: Sendable {
  /// The most tokens it holds.
  public let capacity: Int

  private let width: Int
  private let dtype: DType
  private let storage: Storage

  /// Makes room for `capacity` tokens.
  ///
  /// - Parameter dtype: how keys and values are held: `float32` or `bfloat16`.
  public init(_ configuration: ModelConfiguration, capacity: Int, dtype: DType) {
    self.capacity = capacity
    self.dtype = dtype
    width = configuration.keyValueHeadCount * configuration.headDimension
    let byteCount = capacity * KVCache.byteCountPerToken(configuration, dtype)
    storage = Storage(count: (byteCount + 3) / MemoryLayout<Float>.stride)
  }

  /// The bytes that one token takes in all layers.
  public static func byteCountPerToken(_ configuration: ModelConfiguration, _ dtype: DType) -> Int {
    2 * configuration.layerCount * configuration.keyValueHeadCount * configuration.headDimension
      * dtype.byteCount
  }

  /// The rotated keys of the first `count` tokens, [count, K·D].
  func keys(layer: Int, count: Int) -> Matrix { plane(2 * layer).rows(0..<count) }

  /// The values of the first `count` tokens, [count, K·D].
  func values(layer: Int, count: Int) -> Matrix { plane(2 * layer + 1).rows(0..<count) }

  /// Stores the keys and values of new tokens from position `start` on.
  func append(keys: Matrix, values: Matrix, layer: Int, at start: Int, pool: ThreadPool) {
    let rows = start..<start + keys.rows
    Elementwise.copy(keys, to: plane(2 * layer).rows(rows), pool: pool)
    Elementwise.copy(values, to: plane(2 * layer + 1).rows(rows), pool: pool)
  }

  private func plane(_ index: Int) -> Matrix {
    let size = capacity * width * dtype.byteCount
    return Matrix(
      UnsafeMutableRawPointer(storage.base) + index * size, dtype, rows: capacity, columns: width)
  }
}
