/// The marks around a block of code: three or more backticks or tildes (CommonMark 0.31, section 4.5).
struct CodeFence: Equatable {
  private let mark: UInt8
  private let length: Int

  /// The fence that a line opens, its indentation apart. Behind backticks there is none on an opening line, or
  /// else the line starts with code in a sentence.
  init?(opening line: ArraySlice<UInt8>) {
    guard let mark = line.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else { return nil }
    let run = line.prefix { $0 == mark }
    guard run.count >= 3, mark == UInt8(ascii: "~") || !line[run.endIndex...].contains(mark) else {
      return nil
    }
    self.mark = mark
    length = run.count
  }

  /// Whether a line, its indentation apart, closes it: with as many marks and nothing behind them.
  func isClosed(by line: ArraySlice<UInt8>) -> Bool {
    let run = line.prefix { $0 == mark }
    return run.count >= length && line[run.endIndex...].allSatisfy(\.isASCIISpace)
  }

  /// As many backticks as it takes that none of the runs in `code` closes them.
  ///
  /// - Parameter minimum: 1 for code in a sentence, 3 for a block.
  static func backticks(around code: String, minimum: Int) -> String {
    var (longest, run) = (0, 0)
    for byte in code.utf8 {
      run = byte == UInt8(ascii: "`") ? run + 1 : 0
      longest = max(longest, run)
    }
    return String(repeating: "`", count: max(minimum, longest + 1))
  }
}
