import Files

/// One thing that an output must do to pass a case.
public struct GateCheck: Equatable, Sendable {
  /// The rule. Texts are compared as they stand, case included.
  public enum Rule: Equatable, Sendable {
    /// The text is in the output.
    case contains(String)
    /// The text is not in the output.
    case notContains(String)
    /// The pattern matches somewhere in the output.
    case regex(String)
    /// The output is the text, white space around both aside.
    case equals(String)
    /// The output has no more words than this.
    case maxWords(Int)
    /// The output has no fewer words than this.
    case minWords(Int)
    /// The output is JSON, and where keys are named an object that has them.
    case json(keys: [String])
    /// The system ended the text by itself.
    case ends
    /// The output is no farther from the archive than this many times what the writer's own passages of its length
    /// are, as ``VoiceGauge`` measures it.
    case voice(Double)
  }

  /// What a failed check says is missing.
  public enum Subject: String, Equatable, Sendable {
    /// Something that the system would have to know: training does not teach it reliably.
    case fact
    /// A way of writing: what training is good at.
    case form
  }

  /// The rule.
  public let rule: Rule
  /// What a failure says is missing.
  public let subject: Subject

  /// Makes a check.
  ///
  /// - Parameter subject: a fact for `contains` and `equals`, the form for every other rule, unless told.
  public init(_ rule: Rule, about subject: Subject? = nil) {
    self.rule = rule
    self.subject = subject ?? rule.usualSubject
  }

  /// Whether `output` passes.
  ///
  /// - Parameter gauge: of the writer, which a check of the voice needs and fails without.
  public func passes(_ output: GateOutput, gauge: VoiceGauge? = nil) -> Bool {
    let text = output.text
    switch rule {
    case .contains(let part): return text.contains(part)
    case .notContains(let part): return !text.contains(part)
    case .regex(let pattern):
      // A pattern that does not compile is refused when the cases are read.
      return (try? Regex(pattern)).map { text.contains($0) } ?? false
    case .equals(let expected): return text.trimmedOfWhitespace == expected.trimmedOfWhitespace
    case .maxWords(let count): return Seed.wordCount(of: text) <= count
    case .minWords(let count): return Seed.wordCount(of: text) >= count
    case .json(let keys):
      guard let value = try? JSONParser.parse(text) else { return false }
      return keys.allSatisfy { value[$0] != nil }
    case .ends: return output.ended ?? text.endsLikeASentence
    case .voice(let bound): return gauge?.distance(of: text).map { $0 <= bound } ?? false
    }
  }
}

extension GateCheck.Rule {
  /// The rule's key in a file of cases.
  public var name: String {
    switch self {
    case .contains: "contains"
    case .notContains: "not_contains"
    case .regex: "regex"
    case .equals: "equals"
    case .maxWords: "max_words"
    case .minWords: "min_words"
    case .json: "json"
    case .ends: "ends"
    case .voice: "voice"
    }
  }

  /// Every key that a check may have, in the order in which messages list them.
  static let names = [
    "contains", "not_contains", "regex", "equals", "max_words", "min_words", "json", "ends", "voice",
  ]

  fileprivate var usualSubject: GateCheck.Subject {
    switch self {
    case .contains, .equals: .fact
    case .notContains, .regex, .maxWords, .minWords, .json, .ends, .voice: .form
    }
  }
}

extension String {
  /// The text without white space at either end.
  fileprivate var trimmedOfWhitespace: Substring {
    let isText: (Character) -> Bool = { !$0.isWhitespace }
    guard let first = firstIndex(where: isText), let last = lastIndex(where: isText) else { return "" }
    return self[first...last]
  }

  /// Whether the text ends as a finished one does: with the mark of a sentence's end, behind which quotes and
  /// brackets may close. This stands in where a system does not say how it stopped.
  fileprivate var endsLikeASentence: Bool {
    let text = trimmedOfWhitespace
    guard let last = text.last else { return false }
    let closers: Set<Character> = ["\"", "'", "”", "’", "»", ")", "]", "*", "_"]
    if last == "}" || last == "]" { return true }
    let mark = text.last { !closers.contains($0) }
    return mark.map { ".!?…".contains($0) } ?? false
  }
}
