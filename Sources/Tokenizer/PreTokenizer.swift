/// Cuts a text into the words inside which byte pairs merge.
///
/// The steps run one after the other, each on every piece that the step before it left.
public struct PreTokenizer: Equatable, Sendable {
  enum Step: Equatable, Sendable {
    /// Every match of the pattern becomes a piece.
    case split(PreTokenizerPattern)
    /// Every digit, or every run of digits, becomes a piece.
    case digits(individually: Bool)
    /// The last step: a space before the piece where it has none, then GPT-2's pattern.
    case byteLevel(addsPrefixSpace: Bool, usesPattern: Bool)
  }

  let steps: [Step]

  /// GPT-2's: words with the space before them, numbers as words.
  public static let gpt2 = PreTokenizer(steps: [.byteLevel(addsPrefixSpace: false, usesPattern: true)])

  /// SmolLM2's: every digit alone, then as GPT-2.
  public static let smolLM2 = PreTokenizer(
    steps: [.digits(individually: true), .byteLevel(addsPrefixSpace: false, usesPattern: true)])

  /// Llama 3's: see ``PreTokenizerPattern/llama3``.
  public static let llama3 = PreTokenizer(
    steps: [.split(.llama3), .byteLevel(addsPrefixSpace: false, usesPattern: false)])

  /// Qwen 2's: see ``PreTokenizerPattern/qwen2``.
  public static let qwen2 = PreTokenizer(
    steps: [.split(.qwen2), .byteLevel(addsPrefixSpace: false, usesPattern: false)])
}

extension PreTokenizer {
  /// Calls `body` with each word of `text` in order; no word is empty.
  ///
  /// A word is valid during its call only.
  func forEachWord(
    in text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    run(stepsFrom: 0, on: text, body)
  }

  private func run(
    stepsFrom index: Int, on text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    guard !text.isEmpty else { return }
    guard index < steps.count else { return body(text) }
    switch steps[index] {
    case .split(let pattern):
      split(text, stepsFrom: index + 1, body) { pattern.matchEnd(from: $0, in: text) }
    case .digits(let individually):
      split(text, stepsFrom: index + 1, body) {
        Self.digitsEnd(from: $0, in: text, individually: individually)
      }
    case .byteLevel(let addsPrefixSpace, let usesPattern):
      if addsPrefixSpace, text[0] != UInt8(ascii: " ") {
        ([UInt8(ascii: " ")] + text).withUnsafeBufferPointer {
          runByteLevel(on: $0, usesPattern: usesPattern, stepsFrom: index + 1, body)
        }
      } else {
        runByteLevel(on: text, usesPattern: usesPattern, stepsFrom: index + 1, body)
      }
    }
  }

  private func runByteLevel(
    on text: UnsafeBufferPointer<UInt8>, usesPattern: Bool, stepsFrom index: Int,
    _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    guard usesPattern else { return run(stepsFrom: index, on: text, body) }
    split(text, stepsFrom: index, body) { PreTokenizerPattern.gpt2.matchEnd(from: $0, in: text) }
  }

  @inline(__always)
  private func split(
    _ text: UnsafeBufferPointer<UInt8>, stepsFrom index: Int,
    _ body: (UnsafeBufferPointer<UInt8>) -> Void, pieceEnd: (Int) -> Int
  ) {
    var start = 0
    while start < text.count {
      let end = pieceEnd(start)
      run(stepsFrom: index, on: UnsafeBufferPointer(rebasing: text[start..<end]), body)
      start = end
    }
  }

  /// The end of the piece at `start`: one digit, or a run without digits, or a run of digits.
  private static func digitsEnd(
    from start: Int, in text: UnsafeBufferPointer<UInt8>, individually: Bool
  ) -> Int {
    let first = ScalarClass.at(start, in: text)
    var index = start + first.length
    if individually, first.class.contains(.digit) { return index }
    while index < text.count {
      let next = ScalarClass.at(index, in: text)
      guard next.class.contains(.digit) == first.class.contains(.digit) else { break }
      index += next.length
    }
    return index
  }
}
