/// A row-major window of float32 or bfloat16 values onto memory that someone else owns.
///
/// A matrix is a pointer with a shape: copying it copies no value, and its owner (a `Storage`, a `Workspace`
/// or a mapped file) must outlive it. Operators write only to arguments labelled `into` (overwritten) or
/// `addingTo` (accumulated); every other matrix they only read, so a window onto read-only memory is safe there.
public struct Matrix: @unchecked Sendable {
  // Safe to send because it is a plain address: who writes where is settled by the operators' splits of the
  // work, each task writing its own rows.

  /// The first element of the first row, of any alignment.
  public let address: UnsafeMutableRawPointer
  /// How elements are stored: `float32` or `bfloat16`. Operators take float32 unless they say otherwise.
  public let dtype: DType
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The distance in elements from one row to the next, at least `columns`.
  public let stride: Int

  /// Makes a window of `rows` × `columns` starting at `address`.
  public init(
    _ address: UnsafeMutableRawPointer, _ dtype: DType, rows: Int, columns: Int, stride: Int? = nil
  ) {
    let stride = stride ?? columns
    precondition(
      rows >= 0 && columns >= 0 && stride >= columns, "\(rows) x \(columns), stride \(stride)")
    self.address = address
    self.dtype = dtype
    self.rows = rows
    self.columns = columns
    self.stride = stride
  }

  /// Makes a float32 window of `rows` × `columns` starting at `base`.
  public init(_ base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
    self.init(UnsafeMutableRawPointer(base), .float32, rows: rows, columns: columns, stride: stride)
  }

  /// Makes a window onto memory that must only be read.
  public init(reading base: UnsafePointer<Float>, rows: Int, columns: Int) {
    self.init(UnsafeMutablePointer(mutating: base), rows: rows, columns: columns)
  }

  /// The first element of the first row of a float32 matrix.
  @inline(__always)
  public var base: UnsafeMutablePointer<Float> {
    precondition(dtype == .float32, "a \(dtype) matrix where float32 is expected")
    return address.assumingMemoryBound(to: Float.self)
  }

  /// The number of elements.
  public var count: Int { rows * columns }

  /// Whether rows follow each other without a gap.
  public var isContiguous: Bool { stride == columns || rows <= 1 }

  /// The window onto the given rows.
  public func rows(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    return Matrix(rowAddress(range.lowerBound), dtype, rows: range.count, columns: columns, stride: stride)
  }

  /// The window onto the given columns.
  public func columns(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(columns)")
    return Matrix(
      address + range.lowerBound * dtype.byteCount, dtype, rows: rows, columns: range.count, stride: stride)
  }

  /// The first element of a row of either type.
  @inline(__always)
  public func rowAddress(_ index: Int) -> UnsafeMutableRawPointer {
    address + index * stride * dtype.byteCount
  }

  /// The first element of a row of a float32 matrix.
  @inline(__always)
  public func row(_ index: Int) -> UnsafeMutablePointer<Float> { base + index * stride }

  /// The same contiguous elements with another shape.
  public func reshaped(rows: Int, columns: Int) -> Matrix {
    precondition(
      isContiguous && rows * columns == count, "\(self.rows) x \(self.columns) as \(rows) x \(columns)")
    return Matrix(address, dtype, rows: rows, columns: columns)
  }

  /// Sets every element to `value`.
  public func fill(_ value: Float) {
    for index in 0..<rows { row(index).update(repeating: value, count: columns) }
  }

  /// Copies every element of `source`, which has the same shape.
  public func copy(from source: Matrix) {
    precondition(
      rows == source.rows && columns == source.columns,
      "\(rows) x \(columns) from \(source.rows) x \(source.columns)")
    for index in 0..<rows { row(index).update(from: source.row(index), count: columns) }
  }
}
