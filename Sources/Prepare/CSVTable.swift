/// Reads comma-separated values as RFC 4180 has them.
enum CSVTable {
  /// The rows with the line each starts on; empty lines are none.
  static func rows(of text: String) -> [(line: Int, cells: [String])] {
    var rows: [(line: Int, cells: [String])] = []
    var cells: [String] = []
    var cell: [UInt8] = []
    var isQuoted = false
    var (line, firstLine) = (1, 1)
    let bytes = Array(text.utf8)
    func decoded(_ cell: [UInt8]) -> String { String(decoding: cell, as: UTF8.self) }
    func endRow() {
      cells.append(decoded(cell))
      if cells != [""] { rows.append((firstLine, cells)) }
      cells = []
      cell = []
    }
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == 0x0A { line += 1 }
      if isQuoted, byte == UInt8(ascii: "\"") {
        if index + 1 < bytes.count, bytes[index + 1] == byte {
          cell.append(byte)
          index += 1
        } else {
          isQuoted = false
        }
      } else if isQuoted {
        cell.append(byte)
      } else {
        switch byte {
        case UInt8(ascii: "\"") where cell.isEmpty: isQuoted = true
        case UInt8(ascii: ","):
          cells.append(decoded(cell))
          cell = []
        case 0x0A:
          endRow()
          firstLine = line
        case 0x0D: break
        default: cell.append(byte)
        }
      }
      index += 1
    }
    if !cell.isEmpty || !cells.isEmpty { endRow() }
    return rows
  }
}
