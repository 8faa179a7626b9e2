import Files

/// What is wrong with a `config.json`.
public struct ModelConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The path of the file.
  public let file: String
  /// Every problem found, each saying what was found, what was expected and what to do.
  public let problems: [String]

  /// One line a problem, each opening with the file.
  public var description: String { problems.map { "\(file): \($0)" }.joined(separator: "\n") }
}

extension ModelConfiguration {
  /// Reads a `config.json` in either spelling of the rotary settings (`rope_theta` with `rope_scaling`, or
  /// `rope_parameters`).
  ///
  /// - Throws: `ModelConfigurationError` with every problem at once, `FileError` or `JSONParseError`.
  public init(contentsOf path: String) throws {
    try self.init(json: JSONParser.parse(contentsOf: path), file: path)
  }

  /// Reads a parsed `config.json`; `file` names it in errors.
  public init(json: JSONValue, file: String) throws {
    var reader = Reader(json: json)
    let familyName = json["model_type"]?.stringValue ?? "none"
    guard let family = Family(rawValue: familyName) else {
      let known = Family.allCases.map(\.rawValue).joined(separator: ", ")
      throw ModelConfigurationError(
        file: file,
        problems: [
          "model_type is \(familyName.debugDescription); expected one of \(known)."
            + " Choose a base of one of these families."
        ])
    }
    self.family = family
    vocabularySize = reader.size("vocab_size")
    hiddenSize = reader.size("hidden_size")
    intermediateSize = reader.size("intermediate_size")
    layerCount = reader.size("num_hidden_layers", limit: 1000)
    headCount = reader.size("num_attention_heads")
    keyValueHeadCount = reader.size("num_key_value_heads", default: headCount)
    headDimension = reader.size(
      "head_dim", default: family == .qwen3 ? 128 : max(1, hiddenSize / max(headCount, 1)))
    normEpsilon = Float(reader.number("rms_norm_eps", default: 1e-6))
    isTied = reader.flag("tie_word_embeddings", default: false)
    let positions = reader.size("max_position_embeddings", default: 2048, limit: 1 << 24)
    let usesWindow = family == .mistral || reader.flag("use_sliding_window", default: false)
    // Null is no window, and absent is what transformers' classes have for it.
    let window = json["sliding_window"] == nil ? 4096 : positions
    contextLength = min(
      positions, usesWindow ? reader.size("sliding_window", default: window, limit: 1 << 24) : positions)
    let attentionBias = reader.flag("attention_bias", default: false)
    hasAttentionInputBias = family == .qwen2 || attentionBias
    hasAttentionOutputBias = family != .qwen2 && attentionBias
    hasQueryKeyNorm = family == .qwen3
    (rotaryTheta, rotaryScaling) = reader.rotary(contextLength: positions)
    beginningOfText = reader.tokens("bos_token_id", vocabularySize).first
    endOfText = reader.tokens("eos_token_id", vocabularySize)

    let sizesFit = reader.problems.isEmpty
    if let activation = reader.field("hidden_act"), activation != "silu" {
      reader.problems.append("hidden_act is \(activation.brief); expected \"silu\". Choose another base.")
    }
    if reader.flag("mlp_bias", default: false) {
      reader.problems.append("mlp_bias is true; expected false. Choose a base without feed-forward biases.")
    }
    // A size that was refused stands as 1, and nothing follows from it.
    if sizesFit { reader.problems += misfittingHeads }
    guard reader.problems.isEmpty else {
      throw ModelConfigurationError(file: file, problems: reader.problems)
    }
  }

  /// What is wrong between the numbers of heads and their width.
  private var misfittingHeads: [String] {
    var problems: [String] = []
    if headCount % keyValueHeadCount != 0 {
      problems.append(
        "num_attention_heads is \(headCount); expected a multiple of num_key_value_heads, \(keyValueHeadCount)."
          + " Check that the file is whole.")
    }
    if headCount * headDimension > Reader.widthLimit {
      problems.append(
        "num_attention_heads · head_dim is \(headCount * headDimension); expected at most \(Reader.widthLimit)."
          + " Check that the file is whole.")
    }
    if headDimension % 2 != 0 {
      problems.append("head_dim is \(headDimension); expected an even number. Check that the file is whole.")
    }
    return problems
  }

  /// Adds the end-of-text tokens that a `generation_config.json` names beside those of `config.json`.
  mutating func addStops(from generation: JSONValue) {
    guard let value = generation["eos_token_id"] else { return }
    for id in (value.arrayValue ?? [value]).compactMap(\.intValue)
    where (0..<vocabularySize).contains(id) && !endOfText.contains(Int32(id)) {
      endOfText.append(Int32(id))
    }
  }

  /// The `config.json` that describes this model to Hugging Face libraries.
  public func json(dtype: String) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("architectures", [.string(family.architecture)]), ("model_type", .string(family.rawValue)),
      ("vocab_size", .integer(Int64(vocabularySize))), ("hidden_size", .integer(Int64(hiddenSize))),
      ("intermediate_size", .integer(Int64(intermediateSize))),
      ("num_hidden_layers", .integer(Int64(layerCount))),
      ("num_attention_heads", .integer(Int64(headCount))),
      ("num_key_value_heads", .integer(Int64(keyValueHeadCount))),
      ("head_dim", .integer(Int64(headDimension))), ("hidden_act", "silu"),
      ("max_position_embeddings", .integer(Int64(contextLength))),
      // The shortest decimal of the Float, so that 1e-5 is not written as its Double neighbour.
      ("rms_norm_eps", .number(Double("\(normEpsilon)") ?? Double(normEpsilon))),
      ("rope_theta", .number(rotaryTheta)), ("rope_scaling", rotaryScaling.json),
      ("attention_bias", .bool(hasAttentionInputBias)), ("mlp_bias", false),
      ("tie_word_embeddings", .bool(isTied)), ("torch_dtype", .string(dtype)),
    ]
    members.append(("bos_token_id", beginningOfText.map { .integer(Int64($0)) } ?? .null))
    members.append(
      (
        "eos_token_id",
        endOfText.count == 1
          ? .integer(Int64(endOfText[0])) : .array(endOfText.map { .integer(Int64($0)) })
      ))
    var object = JSONObject()
    for (key, value) in members { object.append(key, value) }
    return .object(object)
  }
}

extension ModelConfiguration.Family {
  /// The class that Hugging Face transformers loads the family with.
  var architecture: String {
    switch self {
    case .llama: "LlamaForCausalLM"
    case .mistral: "MistralForCausalLM"
    case .qwen2: "Qwen2ForCausalLM"
    case .qwen3: "Qwen3ForCausalLM"
    }
  }
}

extension RotaryScaling {
  fileprivate var json: JSONValue {
    switch self {
    case .none: .null
    case .linear(let factor): ["rope_type": "linear", "factor": .number(factor)]
    case .llama3(let factor, let low, let high, let context):
      [
        "rope_type": "llama3", "factor": .number(factor), "low_freq_factor": .number(low),
        "high_freq_factor": .number(high), "original_max_position_embeddings": .number(context),
      ]
    }
  }
}

/// Reads typed fields and collects every misfit, so that one run of the program shows them all.
private struct Reader {
  let json: JSONValue
  var problems: [String] = []

  init(json: JSONValue) { self.json = json }

  /// What a field says; nil where it is absent or null, which means the default.
  func field(_ name: String) -> JSONValue? {
    guard let value = json[name], value != .null else { return nil }
    return value
  }

  private mutating func misfit(_ name: String, _ value: JSONValue?, _ expected: String) {
    let found = value.map { "is \($0.brief)" } ?? "is missing"
    problems.append("\(name) \(found); expected \(expected). Check that the file is whole.")
  }

  /// Several times the widest side of any model's matrices. With at most 1,000 layers of seven matrices no
  /// whole model, and no cache of 2²⁴ positions, comes near 2⁶³ bytes.
  static let widthLimit = 1 << 20

  /// A positive count.
  mutating func size(_ name: String, default standard: Int? = nil, limit: Int = widthLimit) -> Int {
    let value = field(name)
    if value == nil, let standard { return standard }
    guard let size = value?.intValue, size > 0, size <= limit else {
      misfit(name, value, "a whole number from 1 to \(limit)")
      return 1
    }
    return size
  }

  mutating func number(_ name: String, default standard: Double) -> Double {
    guard let value = field(name) else { return standard }
    guard let number = value.doubleValue, number > 0, number.isFinite else {
      misfit(name, value, "a positive number")
      return standard
    }
    return number
  }

  mutating func flag(_ name: String, default standard: Bool) -> Bool {
    guard let value = field(name) else { return standard }
    guard let flag = value.boolValue else {
      misfit(name, value, "true or false")
      return standard
    }
    return flag
  }

  mutating func object(_ name: String) -> JSONValue? {
    let value = field(name)
    if let value, value.objectValue == nil { misfit(name, value, "an object") }
    return value
  }

  /// One token id or a list of them.
  mutating func tokens(_ name: String, _ vocabularySize: Int) -> [Int32] {
    guard let value = field(name) else { return [] }
    let list = value.arrayValue ?? [value]
    let ids = list.compactMap(\.intValue).filter { $0 >= 0 && $0 < vocabularySize }.map { Int32($0) }
    if ids.count != list.count { misfit(name, value, "token ids below vocab_size, \(vocabularySize)") }
    return ids
  }

  /// The rotary base and scaling, from where transformers 5 takes them: `rope_scaling`, unless it is empty, goes before
  /// `rope_parameters`, and a `rope_theta` in it before the one beside it.
  mutating func rotary(contextLength: Int) -> (Double, RotaryScaling) {
    let (parameters, scaling) = (object("rope_parameters"), object("rope_scaling"))
    var nested = Reader(json: scaling.flatMap { $0 == [:] ? nil : $0 } ?? parameters ?? [:])
    defer { problems += nested.problems }
    let theta = nested.number("rope_theta", default: number("rope_theta", default: 10_000))
    let type = nested.field("rope_type") ?? nested.field("type") ?? "default"
    switch type.stringValue {
    case "default":
      return (theta, .none)
    case "linear":
      return (theta, .linear(factor: nested.number("factor", default: 1)))
    case "llama3":
      return (
        theta,
        .llama3(
          factor: nested.number("factor", default: 8),
          lowFrequencyFactor: nested.number("low_freq_factor", default: 1),
          highFrequencyFactor: nested.number("high_freq_factor", default: 4),
          // The one beside the settings goes before the one in them, as in transformers.
          originalContext: number(
            "original_max_position_embeddings",
            default: nested.number("original_max_position_embeddings", default: Double(contextLength))))
      )
    default:
      problems.append(
        "rope_type is \(type.brief); expected default, linear or llama3. Choose another base.")
      return (theta, .none)
    }
  }
}
