/// The lines of a file, as JSON Lines and plain text have them.
///
/// A line ends before `\n` or `\r\n`; the last one may lack its line end. A UTF-8 byte order mark at the
/// start of the file belongs to no line. Empty lines are lines; nothing is decoded or skipped.
public struct TextLines: Sequence, Sendable {
  /// One line of a file.
  public struct Line {
    /// The number of the line, from 1.
    public let number: Int
    /// The line without its line end. Valid as long as the file is mapped.
    public let bytes: UnsafeRawBufferPointer
  }

  /// Walks over the lines from first to last.
  public struct Iterator: IteratorProtocol {
    // Held so that the bytes stay mapped during the walk.
    private let file: MappedFile
    private var position: Int
    private var number = 0

    fileprivate init(_ file: MappedFile) {
      self.file = file
      position = file.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next line, or nil after the last.
    public mutating func next() -> Line? {
      guard position < file.bytes.count else { return nil }
      let rest = file.bytes[position...]
      let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
      var line = rest[..<end]
      if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
      position = end + 1
      number += 1
      return Line(number: number, bytes: UnsafeRawBufferPointer(rebasing: line))
    }
  }

  private let file: MappedFile

  /// The lines of `file`.
  ///
  /// - Throws: ``FileError`` for one in UTF-16, as some programs write it unless told: none of its lines could be read.
  public init(_ file: MappedFile) throws(FileError) {
    if [[0xFF, 0xFE], [0xFE, 0xFF]].contains(where: { file.bytes.starts(with: $0) }) {
      throw FileError(path: file.path, operation: .read, problem: .utf16)
    }
    self.file = file
  }

  /// Starts at the first line.
  public func makeIterator() -> Iterator { Iterator(file) }
}
