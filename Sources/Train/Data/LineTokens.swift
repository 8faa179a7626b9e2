import Files
import Tokenizer

/// The token ids of each line of a text file.
public enum LineTokens {
  /// Encodes the lines, with the special tokens that the tokenizer itself puts around every text.
  ///
  /// - Parameter model: the folder of the tokenizer.
  /// - Throws: ``LineTokensError`` for a line that is not UTF-8; the tokenizer's and file errors.
  public static func read(_ path: String, model: String) throws -> [[Int32]] {
    let tokenizer = try TextTokenizer(folder: model)
    let encoder = tokenizer.makeEncoder()
    return try TextLines(MappedFile(path: path)).map { line in
      guard let text = String(validating: line.bytes, as: UTF8.self) else {
        throw LineTokensError(file: path, line: line.number)
      }
      return encoder.encode(text, addSpecialTokens: true)
    }
  }

  /// The ids as a list of lists.
  public static func json(_ lines: [[Int32]]) throws -> String {
    try JSONWriter.string(of: .array(lines.map { .array($0.map { .integer(Int64($0)) }) }))
  }
}

/// A line that has no text to encode.
public struct LineTokensError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file.
  public let file: String
  /// The line, from 1.
  public let line: Int

  /// `file:line: …`
  public var description: String {
    "\(file):\(line): found bytes that are not UTF-8; expected text. Convert the file, with iconv -t UTF-8."
  }
}
