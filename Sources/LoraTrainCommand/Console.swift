import Files
import Foundation
import Train

/// Standard error as a run writes to it: lines, and on a terminal one line that is redrawn.
final class Console {
  /// Whether a line can be redrawn.
  let isLive: Bool
  /// How text on standard error is set.
  let style: TextStyle
  private var hasLiveLine = false

  init() {
    let environment = ProcessInfo.processInfo.environment
    isLive = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
    style = Console.style(STDERR_FILENO)
  }

  /// How text on a file descriptor is set: in colour on a terminal unless NO_COLOR (no-color.org) says otherwise.
  static func style(_ descriptor: Int32) -> TextStyle {
    let environment = ProcessInfo.processInfo.environment
    let isRefused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    return TextStyle(isColored: isatty(descriptor) == 1 && environment["TERM"] != "dumb" && !isRefused)
  }

  /// The columns of the terminal; 80 where there is none.
  static var width: Int {
    var size = winsize()
    let isKnown =
      ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 || ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
    return isKnown && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  func show(_ outputs: [TrainingProgress.Output]) {
    for output in outputs {
      switch output {
      case .line(let text):
        clear()
        Console.writeError(text + "\n")
      case .live(let text):
        Console.writeError("\r\(text)\u{1B}[K")
        hasLiveLine = true
      }
    }
  }

  /// Removes the redrawn line.
  func clear() {
    if hasLiveLine { Console.writeError("\r\u{1B}[K") }
    hasLiveLine = false
  }

  /// Says what a first Ctrl-C does.
  @Sendable static func announceStop() {
    writeError("\nfinishing the step, then stopping; once more ends the program at once\n")
  }

  static func writeError(_ text: String) { StandardStreams.writeError(text) }

  /// Writes lines of a result to standard output.
  ///
  /// - Throws: `BrokenRun` where it takes no more: what the result tells of has been done.
  static func printResult(_ lines: [String]) throws { try printResult(lines.map { $0 + "\n" }.joined()) }

  /// Writes a result to standard output; see ``printResult(_:)-([String])``.
  static func printResult(_ text: String) throws {
    do {
      try StandardStreams.writeOutput(text)
    } catch {
      throw BrokenRun(cause: error)
    }
  }
}
