import CKernels

/// A row-major window of frozen weights, [out, in], in the format in which they are held.
///
/// Like a `Matrix` it is an address with a shape, but nothing is ever written through it: the values may lie in a
/// mapped file, at any alignment.
public struct WeightMatrix: @unchecked Sendable {
  // Safe to send because it is a plain address of memory that nobody writes while products read it.

  /// How a value is held.
  public enum Format: Sendable {
    /// IEEE 754 binary32, aligned.
    case float32
    /// The upper half of a binary32, at any alignment.
    case bfloat16
    /// Blocks of 32 values along a row, eight bits each, with one scale: 8.5 bits a value (see `lk_quantize_q8`).
    case q8
    /// The same with one scale for each 64 × 64 values, so that products in integers can go through rows and through
    /// columns. Every row starts on a cache line, so packing a window of columns reads one line of each row instead of
    /// two: 26 GB/s instead of 8.
    case q8Tiled
    /// Bfloat16 in the panels that products of bfloat16 inputs multiply with (see `lk_pack_bf16`): for training, which
    /// reads every weight in every step, a panel of 32 outputs behind the other, the last one filled up with zeros.
    /// Windows begin with a panel, and only products read it.
    case bfloat16Panels

    /// Whether values are multiples of the scale of their block.
    var isQuantized: Bool { self == .q8 || self == .q8Tiled }
  }

  /// The first value of the first row.
  public let base: UnsafeRawPointer
  /// The number of rows, one for each output.
  public let rows: Int
  /// The number of columns, one for each input.
  public let columns: Int
  /// How the values are held.
  public let format: Format
  /// The distance in bytes from one row to the next; in panels, what a row takes of one.
  public let rowBytes: Int

  /// Makes a window of contiguous rows starting at `base`.
  public init(_ base: UnsafeRawPointer, rows: Int, columns: Int, format: Format) {
    precondition(rows >= 0 && columns >= 0, "\(rows) x \(columns)")
    self.init(
      base: base, rows: rows, columns: columns, format: format,
      rowBytes: WeightMatrix.rowBytes(columns: columns, format))
  }

  /// A window onto the values of a matrix.
  public init(_ matrix: Matrix) {
    self.init(
      base: UnsafeRawPointer(matrix.address), rows: matrix.rows, columns: matrix.columns,
      format: matrix.dtype == .float32 ? .float32 : .bfloat16,
      rowBytes: matrix.stride * matrix.dtype.byteCount)
  }

  private init(base: UnsafeRawPointer, rows: Int, columns: Int, format: Format, rowBytes: Int) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.format = format
    self.rowBytes = rowBytes
  }

  /// The bytes of a row of `columns` values.
  public static func rowBytes(columns: Int, _ format: Format) -> Int {
    switch format {
    case .float32: 4 * columns
    case .bfloat16: 2 * columns
    case .q8: lk_q8_padded(columns) / 16 * 17
    case .q8Tiled: (lk_q8_padded(columns) / 16 * 17 + 63) / 64 * 64
    case .bfloat16Panels: 2 * (columns + columns % 2)
    }
  }

  /// The bytes of so many rows of `columns` values.
  public static func byteCount(rows: Int, columns: Int, _ format: Format) -> Int {
    let panel = PackedGEMM.panelColumns
    let held = format == .bfloat16Panels ? (rows + panel - 1) / panel * panel : rows
    return held * rowBytes(columns: columns, format)
  }

  /// The same values as a matrix to read; not for q8 and panels, which are none.
  public var matrix: Matrix {
    precondition(format == .float32 || format == .bfloat16, "weights in \(format) as a matrix")
    let dtype: DType = format == .float32 ? .float32 : .bfloat16
    return Matrix(
      UnsafeMutableRawPointer(mutating: base), dtype, rows: rows, columns: columns,
      stride: rowBytes / dtype.byteCount)
  }

  /// The window onto the given rows.
  public func rows(_ range: Range<Int>) -> WeightMatrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    return WeightMatrix(
      base: row(range.lowerBound), rows: range.count, columns: columns, format: format, rowBytes: rowBytes)
  }

  /// The values of some rows and columns as packing reads them; in q8 the columns are whole blocks, but for the last
  /// of a row.
  func kernelRows(_ rows: Range<Int>, _ columns: Range<Int>) -> lk_rows {
    precondition(
      rows.upperBound <= self.rows && columns.upperBound <= self.columns,
      "rows \(rows) and columns \(columns) of \(self.rows) x \(self.columns)")
    let start = UnsafeMutableRawPointer(mutating: row(rows.lowerBound))
    let first = columns.lowerBound
    switch format {
    case .float32: return lk_rows(base: start + 4 * first, stride: rowBytes / 4, type: LK_F32, scales: nil)
    case .bfloat16: return lk_rows(base: start + 2 * first, stride: rowBytes / 2, type: LK_BF16, scales: nil)
    case .q8, .q8Tiled:
      let block = Int(LK_Q8_BLOCK)
      precondition(
        first % block == 0 && (columns.upperBound % block == 0 || columns.upperBound == self.columns),
        "columns \(columns) of \(self.columns) in blocks")
      let scales = start + lk_q8_padded(self.columns) + first / block * MemoryLayout<UInt16>.stride
      return lk_rows(base: start + first, stride: rowBytes, type: LK_Q8, scales: scales)
    case .bfloat16Panels: preconditionFailure("rows of panels")
    }
  }

  /// The panels that hold the given rows, from a column on; rows begin with a panel, and columns with a pair.
  func panels(_ rows: Range<Int>, fromColumn column: Int) -> lk_panels {
    precondition(
      format == .bfloat16Panels && rows.upperBound <= self.rows && column <= columns && column % 2 == 0,
      "rows \(rows) from column \(column) of \(self.rows) x \(columns) in \(format)")
    let width = PackedGEMM.panelColumns
    let start = row(rows.lowerBound).assumingMemoryBound(to: UInt16.self)
    return lk_panels(base: start + column * width, stride: rowBytes / 2 * width)
  }

  /// The first byte of a row; in panels, of the panel that begins with it.
  @inline(__always)
  public func row(_ index: Int) -> UnsafeRawPointer {
    precondition(format != .bfloat16Panels || index % PackedGEMM.panelColumns == 0, "row \(index) of a panel")
    return base + index * rowBytes
  }
}
