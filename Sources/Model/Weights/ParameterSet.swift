import Tensor

/// Trainable parameters in one block and their gradients in another, so that an optimizer step, a norm and a
/// checkpoint are one sweep each.
public final class ParameterSet: Sendable {
  /// One tensor's place in the blocks.
  public struct Entry: Sendable, Equatable {
    /// The tensor's name.
    public let name: String
    /// Rows.
    public let rows: Int
    /// Columns.
    public let columns: Int
    /// Whether a checkpoint stores it with one dimension.
    public let isVector: Bool
    /// The first element in the blocks.
    public let offset: Int

    /// The shape as a checkpoint states it.
    public var shape: [Int] { isVector ? [columns] : [rows, columns] }
  }

  /// The tensors in order.
  public let entries: [Entry]
  /// The number of trainable values, padding between tensors left out.
  public let parameterCount: Int
  /// The values. Padding between tensors is zero and stays zero under every optimizer step.
  public let values: Storage
  /// The gradients, laid out as the values.
  public let gradients: Storage

  /// Lays out tensors of the given names and shapes, all zero.
  public init(_ tensors: [(name: String, rows: Int, columns: Int, isVector: Bool)]) {
    let lane = Storage.alignment / MemoryLayout<Float>.stride
    var offset = 0
    entries = tensors.map { tensor in
      defer { offset += (tensor.rows * tensor.columns + lane - 1) / lane * lane }
      return Entry(
        name: tensor.name, rows: tensor.rows, columns: tensor.columns, isVector: tensor.isVector,
        offset: offset)
    }
    parameterCount = entries.reduce(0) { $0 + $1.rows * $1.columns }
    values = Storage(count: offset)
    gradients = Storage(count: offset)
  }

  /// The values of a tensor.
  public func value(_ index: Int) -> Matrix { matrix(values, entries[index]) }

  /// The gradient of a tensor.
  public func gradient(_ index: Int) -> Matrix { matrix(gradients, entries[index]) }

  private func matrix(_ storage: Storage, _ entry: Entry) -> Matrix {
    Matrix(storage.base + entry.offset, rows: entry.rows, columns: entry.columns)
  }

  /// Sets every gradient to zero.
  public func clearGradients() { gradients.base.update(repeating: 0, count: gradients.count) }
}
