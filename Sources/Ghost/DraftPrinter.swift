import Files
import Foundation
import Train

/// Prints a draft to standard output piece by piece, each piece at once.
///
/// A terminal gets a replacement character for every control character that a model happens to write, since some
/// of them drive it; a pipe or a file gets the text as it is.
public struct DraftPrinter: ~Copyable {
  /// Why printing ended early; nil also where the reader closed the pipe, which is its right.
  public private(set) var failure: FileError?

  private var output: FileOutput
  private let isTerminal: Bool
  private var isOpen = true
  private var endsLine = true

  /// Takes over standard output. A program that does not ignore SIGPIPE is ended by it where the reader closes the
  /// pipe.
  public init() { self.init(descriptor: STDOUT_FILENO) }

  init(descriptor: Int32) {
    isTerminal = isatty(descriptor) == 1
    output = FileOutput(descriptor: descriptor, path: "standard output")
  }

  /// Prints `text`; returns whether more can follow.
  public mutating func print(_ text: String) -> Bool {
    guard isOpen, let last = text.utf8.last else { return isOpen }
    endsLine = last == 0x0A
    do {
      var bytes = isTerminal ? text.withoutControlCharacters : text
      try bytes.withUTF8 { try output.append(UnsafeRawBufferPointer($0)) }
    } catch let error as FileError {
      isOpen = false
      if error.problem != .system(code: EPIPE) { failure = error }
    } catch {
      isOpen = false
    }
    return isOpen
  }

  /// Ends the last line.
  public mutating func endLine() {
    if !endsLine { _ = print("\n") }
  }
}
