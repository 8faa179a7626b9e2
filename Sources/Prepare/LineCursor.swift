/// Where the reading of a line is: behind the marks of the blocks it is in, in columns, since a tab reaches to the
/// next multiple of four.
struct LineCursor {
  private let line: ArraySlice<UInt8>
  /// The column up to which the line is read; it may lie within a tab.
  private var column = 0
  /// The first byte behind the white space that comes next, and its column.
  private var start: Int
  private var startColumn = 0

  init(_ line: ArraySlice<UInt8>) {
    self.line = line
    start = line.startIndex
    skipSpace()
  }

  /// The columns of white space that come next.
  var indent: Int { startColumn - column }
  /// What comes behind them.
  var rest: ArraySlice<UInt8> { line[start...] }
  var isBlank: Bool { start == line.endIndex }

  /// Reads so many columns of the white space that comes next.
  mutating func skip(columns: Int) { column += columns }

  /// Reads the white space that comes next and so many bytes behind it.
  mutating func skip(bytes: Int) {
    start += bytes
    startColumn += bytes
    column = startColumn
    skipSpace()
  }

  private mutating func skipSpace() {
    while start < line.endIndex, line[start].isASCIISpace {
      startColumn += line[start] == 0x09 ? 4 - startColumn % 4 : 1
      start += 1
    }
  }
}
