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

  /// The name and shape of a tensor to lay out.
  public typealias Tensor = (name: String, rows: Int, columns: Int, isVector: Bool)

  /// Lays out tensors of the given names and shapes, all zero, each at the start of a cache line.
  public convenience init(_ tensors: [Tensor]) { self.init(blocks: tensors.map { [$0] }) }

  /// Lays out blocks of tensors, all zero: the tensors of a block follow each other without padding, so that
  /// matrices of equal width are one matrix together.
  public init(blocks: [[Tensor]]) {
    let lane = Storage.alignment / MemoryLayout<Float>.stride
    var offset = 0
    var entries: [Entry] = []
    for block in blocks {
      for tensor in block {
        entries.append(
          Entry(
            name: tensor.name, rows: tensor.rows, columns: tensor.columns, isVector: tensor.isVector,
            offset: offset))
        offset += tensor.rows * tensor.columns
      }
      offset = (offset + lane - 1) / lane * lane
    }
    self.entries = entries
    parameterCount = entries.reduce(0) { $0 + $1.rows * $1.columns }
    values = Storage(count: offset)
    gradients = Storage(count: offset)
  }

  /// The values of a tensor.
  public func value(_ index: Int) -> Matrix { matrix(values, entries[index]) }

  /// The gradient of a tensor.
  public func gradient(_ index: Int) -> Matrix { matrix(gradients, entries[index]) }

  /// The values of neighbours in one block, of equal width, as one matrix.
  public func values(_ range: Range<Int>) -> Matrix { stack(values, range) }

  /// Their gradients.
  public func gradients(_ range: Range<Int>) -> Matrix { stack(gradients, range) }

  private func stack(_ storage: Storage, _ range: Range<Int>) -> Matrix {
    let (first, last) = (entries[range.lowerBound], entries[range.upperBound - 1])
    let rows = entries[range].reduce(0) { $0 + $1.rows }
    precondition(
      last.offset + last.rows * last.columns == first.offset + rows * first.columns,
      "\(first.name) to \(last.name) are not one matrix")
    return Matrix(storage.base + first.offset, rows: rows, columns: first.columns)
  }

  private func matrix(_ storage: Storage, _ entry: Entry) -> Matrix {
    Matrix(storage.base + entry.offset, rows: entry.rows, columns: entry.columns)
  }

  /// Sets every gradient to zero.
  public func clearGradients() { gradients.base.update(repeating: 0, count: gradients.count) }
}
