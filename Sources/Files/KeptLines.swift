#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A file of JSON lines that keeps the parts of a long work as they are done, so that one which was broken off goes on
/// where it was. The first line says which work: the parts of another are of no use to it, and give way.
package struct KeptLines: ~Copyable {
  /// What an earlier try has kept.
  package let lines: [JSONValue]

  private let output: FileOutput

  /// Opens the file of a work at `path`, or begins it.
  ///
  /// - Throws: ``FileError`` where there can be no such file.
  package init(_ path: String, of work: Fingerprint) throws {
    var kept: [JSONValue] = [["work": .string(work.hex)]]
    if let found = try? TextLines(MappedFile(path: path)) {
      // The last line may have been cut off.
      let lines = found.compactMap { try? JSONParser.parse($0.bytes, file: path, firstLine: 1) }
      if lines.first == kept[0] { kept = lines }
    }
    try AtomicFile.write(kept.map { try JSONWriter.string(of: $0) + "\n" }.joined(), to: path)
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, operation: .write, code: errno) }
    lines = Array(kept.dropFirst())
    output = FileOutput(descriptor: descriptor, path: path)
  }

  /// Keeps a part.
  ///
  /// - Throws: ``FileError`` where the disk cannot take it, `JSONWriteError` for a number that JSON cannot express.
  package func add(_ line: JSONValue) throws {
    let bytes = try JSONWriter.bytes(of: line) + [0x0A]
    try bytes.withUnsafeBytes { try output.append($0) }
  }

  /// Removes the file of a work that is done.
  package static func remove(_ path: String) { unlink(path) }
}
