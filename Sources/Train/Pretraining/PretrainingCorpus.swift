import Files
import Foundation
import Tensor
import Tokenizer

/// The texts of JSON Lines files, as `pretrain` reads them: one `text` a line, with an optional `source`.
struct TextFiles {
  /// Calls `body` with every document in order.
  ///
  /// - Throws: `TrainingError.setting` naming file and line where a line is not such an object.
  static func forEach(_ paths: [String], _ body: (_ text: String, _ source: String?) throws -> Void) throws {
    for path in paths {
      for line in try TextLines(MappedFile(path: path)) where !line.bytes.isEmpty {
        let row = try JSONParser.parse(line.bytes, file: path, firstLine: line.number)
        guard let text = row["text"]?.stringValue else {
          throw TrainingError.setting(
            "\(path):\(line.number): no \"text\" with a string; expected {\"text\": …}."
              + " Fix the line or leave the file out.")
        }
        try body(text, row["source"]?.stringValue)
      }
    }
  }
}

/// A tokenised corpus cut into windows, in one flat block of 16-bit token ids.
final class PretrainingCorpus {
  /// The most tokens of a vocabulary whose ids fit in 16 bits.
  static let mostTokens = 65_536

  /// A run of tokens of one document.
  struct Window {
    let start: Int
    let count: Int
    /// The UTF-8 bytes of the document, on its first window; 0 on the others.
    let documentBytes: Int
  }

  /// The windows, those of a weighted source several times.
  private(set) var windows: [Window] = []
  /// The tokens of all windows together, repeats included.
  var tokenCount: Int { windows.reduce(0) { $0 + $1.count } }
  private var ids: [UInt16] = []

  /// Tokenises documents, each closed by the end-of-text token, and cuts them into windows.
  ///
  /// - Parameters:
  ///   - weight: how often the windows of a source count.
  init(
    _ paths: [String], tokenizer: TextTokenizer, endOfText: Int32, windowLength: Int,
    weight: (_ source: String?) -> Int = { _ in 1 }, progress: (_ documents: Int) -> Void = { _ in }
  ) throws {
    let encoder = tokenizer.makeEncoder()
    var documents = 0
    try TextFiles.forEach(paths) { text, source in
      let start = ids.count
      for id in encoder.encode(text, addSpecialTokens: false) { ids.append(UInt16(truncatingIfNeeded: id)) }
      ids.append(UInt16(truncatingIfNeeded: endOfText))
      for _ in 0..<weight(source) {
        for begin in stride(from: start, to: ids.count, by: windowLength) {
          windows.append(
            Window(
              start: begin, count: min(windowLength, ids.count - begin),
              documentBytes: begin == start ? text.utf8.count : 0))
        }
      }
      documents += 1
      if documents % 500 == 0 { progress(documents) }
    }
  }

  /// The order of the windows in an epoch.
  func order(epoch: Int, seed: UInt64) -> [Int] {
    var random = RandomSource(seed: seed, stream: "pretrain-order-\(epoch)")
    return random.shuffled(Array(windows.indices))
  }

  /// Replaces the content of a batch by whole windows, every token but a window's first being a label.
  func fill(_ batch: inout Batch, with indices: [Int]) {
    let examples = indices.map { index in
      let window = windows[index]
      return TrainingExample(
        tokens: ids[window.start..<window.start + window.count].map { Int32($0) },
        labelled: window.count > 1 ? [1..<window.count] : [], document: index)
    }
    batch.fill(with: Array(examples.indices), of: examples)
  }
}
