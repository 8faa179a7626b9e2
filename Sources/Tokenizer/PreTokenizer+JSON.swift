import Files

extension PreTokenizer {
  /// Several times as many as any known tokenizer has; each is a level of recursion.
  private static let stepLimit = 16

  /// Reads the `pre_tokenizer` of a `tokenizer.json`.
  init(_ root: JSONFields) throws(TokenizerError) {
    var steps: [Step] = []
    let components = try TokenizerDefinition.flatten(root.fields("pre_tokenizer"), list: "pretokenizers")
    guard components.count <= Self.stepLimit else {
      throw root.unsupported(
        "\(components.count) steps", at: "pre_tokenizer", expected: "at most \(Self.stepLimit)")
    }
    for component in components {
      if case .byteLevel = steps.last {
        throw component.unsupported(
          "a step behind \"ByteLevel\"", expected: "\"ByteLevel\" as the last step")
      }
      steps.append(try Step(component))
    }
    guard case .byteLevel = steps.last else {
      throw root.unsupported(
        "no \"ByteLevel\" step", at: "pre_tokenizer", expected: "\"ByteLevel\" as the last step")
    }
    self.steps = steps
  }

  /// The `pre_tokenizer` of a `tokenizer.json`.
  var json: JSONValue {
    if let only = steps.first, steps.count == 1 { return only.json }
    return ["type": "Sequence", "pretokenizers": .array(steps.map(\.json))]
  }
}

extension PreTokenizer.Step {
  init(_ component: JSONFields) throws(TokenizerError) {
    let type = try component.string("type")
    switch type {
    case "ByteLevel":
      try component.allowOnly(["type", "add_prefix_space", "trim_offsets", "use_regex"])
      self = .byteLevel(
        addsPrefixSpace: try component.bool("add_prefix_space", default: true),
        usesPattern: try component.bool("use_regex", default: true))
    case "Digits":
      try component.allowOnly(["type", "individual_digits"])
      self = .digits(individually: try component.bool("individual_digits", default: false))
    case "Split":
      try component.allowOnly(["type", "pattern", "behavior", "invert"])
      self = .split(try PreTokenizerPattern(split: component))
    default:
      throw component.unsupported(
        "\"\(type)\"", at: "type", expected: "\"ByteLevel\", \"Split\", \"Digits\" or \"Sequence\"")
    }
  }

  /// One pre-tokenizer of a `tokenizer.json`.
  var json: JSONValue {
    switch self {
    case .split(let pattern):
      [
        "type": "Split", "pattern": ["Regex": .string(pattern.rawValue)], "behavior": "Isolated",
        "invert": false,
      ]
    case .digits(let individually):
      ["type": "Digits", "individual_digits": .bool(individually)]
    case .byteLevel(let addsPrefixSpace, let usesPattern):
      [
        "type": "ByteLevel", "add_prefix_space": .bool(addsPrefixSpace), "trim_offsets": true,
        "use_regex": .bool(usesPattern),
      ]
    }
  }
}

extension PreTokenizerPattern {
  /// Reads a `Split` step whose matches become the words.
  ///
  /// As the patterns match everywhere, keeping the matches apart ("Isolated") and removing what does not
  /// match ("Removed", inverted) are the same.
  fileprivate init(split component: JSONFields) throws(TokenizerError) {
    let behavior = try component.string("behavior")
    let isInverted = try component.bool("invert", default: false)
    guard behavior == "Isolated" || (behavior == "Removed" && isInverted) else {
      throw component.unsupported("\"\(behavior)\"", at: "behavior", expected: "\"Isolated\"")
    }
    let pattern = try component.fields("pattern")
    try pattern.allowOnly(["Regex"])
    let regex = try pattern.string("Regex")
    guard let known = PreTokenizerPattern(rawValue: regex) else {
      throw pattern.unsupported(
        "\"\(regex)\"", at: "Regex",
        expected: "the pattern of GPT-2, Llama 3 or Qwen 2, character by character")
    }
    self = known
  }
}
