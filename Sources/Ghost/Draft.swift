import Files
import Model
import Train

/// A draft with everything that is known of how it came to be.
public struct Draft: Equatable, Sendable {
  /// What was asked for.
  public let request: DraftRequest
  /// The base's folder.
  public let basePath: String
  /// The fingerprints of the base and its tokenizer.
  public let fingerprints: BaseFingerprints
  /// The adapter; nil where the base wrote alone.
  public let adapter: AdapterOrigin?
  /// The text as it was written.
  public let text: String
  /// Why it ended.
  public let ending: TextGenerator.Ending
  /// The pieces of an archive in the prompt.
  public let exampleCount: Int
  /// The tokens of the prompt.
  public let promptTokens: Int
  /// The new tokens, without the end-of-text token.
  public let tokens: [Int32]
  /// The most new tokens that were allowed.
  public let tokenLimit: Int
  /// Seconds spent on reading base and adapter.
  public let loadSeconds: Double
  /// Seconds spent on reading the prompt.
  public let prefillSeconds: Double
  /// Seconds spent on writing.
  public let decodeSeconds: Double

  /// The words of the text, as archives count them.
  public var words: Int { Seed.wordCount(of: text) }
  /// New tokens a second.
  public var tokensPerSecond: Double { decodeSeconds > 0 ? Double(tokens.count) / decodeSeconds : 0 }

  /// The text as a file has it, its last line ended.
  public var fileText: String { text.isEmpty || text.hasSuffix("\n") ? text : text + "\n" }

  /// How it went, in one line: words, speed and why it ended.
  public var summary: String {
    let count = "\(words) word\(words == 1 ? "" : "s")"
    let speed =
      "\(tokens.count) token\(tokens.count == 1 ? "" : "s") at \(Int(tokensPerSecond.rounded())) tokens/s"
    let reason =
      switch ending {
      case .endOfText: "it ended by itself."
      case .stopped: "it was stopped; this is the text so far."
      case .limit:
        "it reached the limit of \(tokenLimit) tokens before its end, and nothing of it was cut off."
      }
    return "\(count), \(speed); \(reason)"
  }

  /// Everything as one JSON object.
  public var json: JSONValue {
    func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    let (seed, sampling) = (request.seed, request.sampling)
    return [
      "text": .string(text),
      "seed": [
        "topic": optional(seed.topic), "angle": optional(seed.angle),
        "length": seed.length.map { .integer(Int64($0)) } ?? .null, "kind": optional(seed.kind),
      ],
      "sampling": [
        // As JSON numbers, the digits that were asked for: 0.8, not the double nearest to the float.
        "temperature": .number(Draft.decimal(sampling.temperature)), "top_k": .integer(Int64(sampling.topK)),
        "top_p": .number(Draft.decimal(sampling.topP)), "min_p": .number(Draft.decimal(sampling.minP)),
        "repetition_penalty": .number(Draft.decimal(sampling.repetitionPenalty)),
        // A string, since many readers of JSON round whole numbers above 2⁵³.
        "seed": .string("\(request.randomSeed)"),
      ],
      "base": [
        "path": .string(basePath), "sha256": .string(fingerprints.base.hex),
        "quantization": optional(request.quantization?.rawValue),
      ],
      "tokenizer_sha256": .string(fingerprints.tokenizer.hex),
      "prompt_layout": .string(PromptLayout.version),
      "adapter": adapter.map { adapter in
        [
          "path": .string(adapter.path), "sha256": .string(adapter.fingerprint.hex),
          "rank": .integer(Int64(adapter.rank)), "names_its_base": .bool(adapter.namesItsBase),
          "finished": .bool(adapter.isFinished),
          "verdict": optional(adapter.verdict?.rawValue),
        ]
      } ?? .null,
      "examples": .integer(Int64(exampleCount)),
      "words": .integer(Int64(words)),
      "tokens": [
        "prompt": .integer(Int64(promptTokens)), "draft": .integer(Int64(tokens.count)),
        "limit": .integer(Int64(tokenLimit)),
      ],
      "ending": .string(ending.rawValue),
      "seconds": [
        "load": .number(loadSeconds), "prefill": .number(prefillSeconds), "decode": .number(decodeSeconds),
      ],
      "tokens_per_second": .number(tokensPerSecond),
      "versions": ["ghost": .string(PackageVersion.text)],
    ]
  }

  private static func decimal(_ value: Float) -> Double { Double("\(value)") ?? Double(value) }
}
