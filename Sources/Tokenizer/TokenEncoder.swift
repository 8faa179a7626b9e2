/// Turns texts into ids, and remembers the words it has met.
///
/// The tokenizer itself never changes and may be shared; an encoder belongs to one thread. One encoder over
/// many texts is several times as fast as ``TextTokenizer/encode(_:addSpecialTokens:)`` on each.
public final class TokenEncoder {
  /// The tokenizer whose ids this gives.
  public let tokenizer: TextTokenizer

  private var cache = WordCache()
  private var merger = WordMerger()

  init(_ tokenizer: TextTokenizer) {
    self.tokenizer = tokenizer
  }

  /// The ids of `text`.
  ///
  /// - Parameter addSpecialTokens: whether the tokens that the tokenizer's template puts around every text,
  ///   such as a begin-of-text token, are put around this one.
  public func encode(_ text: String, addSpecialTokens: Bool = true) -> [Int32] {
    var ids: [Int32] = []
    // English prose has about four bytes a token.
    ids.reserveCapacity(text.utf8.count / 3 + 4)
    append(text, to: &ids, addSpecialTokens: addSpecialTokens)
    return ids
  }

  /// Appends the ids of `text` to `ids`; see ``encode(_:addSpecialTokens:)``.
  public func append(_ text: String, to ids: inout [Int32], addSpecialTokens: Bool = true) {
    if addSpecialTokens { ids.append(contentsOf: tokenizer.template.prefix) }
    var text = text
    text.withUTF8 { appendText($0, to: &ids) }
    if addSpecialTokens { ids.append(contentsOf: tokenizer.template.suffix) }
  }

  /// Added tokens that are looked for in the text as given go first, then normalization, then the others.
  private func appendText(_ text: UnsafeBufferPointer<UInt8>, to ids: inout [Int32]) {
    tokenizer.verbatimTokens.forEachPiece(of: text) { piece in
      switch piece {
      case .token(let id): ids.append(id)
      case .text(let range):
        tokenizer.normalizer.withNormalized(UnsafeBufferPointer(rebasing: text[range])) { normalized in
          tokenizer.normalizedTokens.forEachPiece(of: normalized) { piece in
            switch piece {
            case .token(let id): ids.append(id)
            case .text(let range):
              appendWords(of: UnsafeBufferPointer(rebasing: normalized[range]), to: &ids)
            }
          }
        }
      }
    }
  }

  private func appendWords(of text: UnsafeBufferPointer<UInt8>, to ids: inout [Int32]) {
    let model = tokenizer.model
    tokenizer.preTokenizer.forEachWord(in: text) { word in
      cache.appendIDs(ofWord: word, to: &ids) { model.appendIDs(ofWord: word, using: &merger, to: &$0) }
    }
  }
}
