import Files
import Testing

@testable import Model

@Suite("Model configuration")
struct ModelConfigurationTests {
  static let smallest = """
    {"model_type": "llama", "vocab_size": 16, "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1,
     "num_attention_heads": 2}
    """

  /// One field set to a value that is refused, and what is said of it behind the file's name.
  struct Refusal: Sendable, CustomTestStringConvertible {
    let field: String
    let value: String
    let message: String
    var testDescription: String { "\(field) = \(value)" }

    init(_ field: String, _ value: String, _ message: String) {
      (self.field, self.value, self.message) = (field, value, message)
    }
  }

  static let whole = "Check that the file is whole."

  static let refusals = [
    Refusal(
      "model_type", #""gpt2""#,
      #"model_type is "gpt2"; expected one of llama, mistral, qwen2, qwen3. Choose a base of one of these families."#
    ),
    Refusal(
      "model_type", "7",
      #"model_type is "none"; expected one of llama, mistral, qwen2, qwen3. Choose a base of one of these families."#
    ),
    Refusal(
      "vocab_size", "null", "vocab_size is missing; expected a whole number from 1 to 1048576. \(whole)"),
    Refusal("vocab_size", "0", "vocab_size is 0; expected a whole number from 1 to 1048576. \(whole)"),
    Refusal(
      "hidden_size", "16777216",
      "hidden_size is 16777216; expected a whole number from 1 to 1048576. \(whole)"),
    Refusal(
      "hidden_size", "8.5", "hidden_size is 8.5; expected a whole number from 1 to 1048576. \(whole)"),
    Refusal(
      "intermediate_size", #""12""#,
      #"intermediate_size is "12"; expected a whole number from 1 to 1048576. \#(whole)"#),
    Refusal(
      "num_hidden_layers", "1001",
      "num_hidden_layers is 1001; expected a whole number from 1 to 1000. \(whole)"),
    Refusal(
      "num_attention_heads", "-2",
      "num_attention_heads is -2; expected a whole number from 1 to 1048576. \(whole)"),
    Refusal(
      "num_key_value_heads", "3",
      "num_attention_heads is 2; expected a multiple of num_key_value_heads, 3. \(whole)"),
    Refusal("head_dim", "5", "head_dim is 5; expected an even number. \(whole)"),
    Refusal(
      "head_dim", "1048576",
      "num_attention_heads · head_dim is 2097152; expected at most 1048576. \(whole)"),
    Refusal(
      "head_dim", "9223372036854775808",
      "head_dim is 9.223372036854776e+18; expected a whole number from 1 to 1048576. \(whole)"),
    Refusal("rms_norm_eps", "0", "rms_norm_eps is 0; expected a positive number. \(whole)"),
    Refusal("rms_norm_eps", "true", "rms_norm_eps is true; expected a positive number. \(whole)"),
    Refusal(
      "tie_word_embeddings", "1", "tie_word_embeddings is 1; expected true or false. \(whole)"),
    Refusal(
      "max_position_embeddings", "16777217",
      "max_position_embeddings is 16777217; expected a whole number from 1 to 16777216. \(whole)"),
    Refusal(
      "attention_bias", #""no""#, #"attention_bias is "no"; expected true or false. \#(whole)"#),
    Refusal(
      "mlp_bias", "true", "mlp_bias is true; expected false. Choose a base without feed-forward biases."),
    Refusal("hidden_act", #""gelu""#, #"hidden_act is "gelu"; expected "silu". Choose another base."#),
    Refusal("hidden_act", #"["gelu"]"#, #"hidden_act is ["gelu"]; expected "silu". Choose another base."#),
    Refusal(
      "bos_token_id", "16", "bos_token_id is 16; expected token ids below vocab_size, 16. \(whole)"),
    Refusal(
      "eos_token_id", "[2, -1]",
      "eos_token_id is [2,-1]; expected token ids below vocab_size, 16. \(whole)"),
    Refusal("rope_theta", "-1", "rope_theta is -1; expected a positive number. \(whole)"),
    Refusal(
      "rope_scaling", #"{"type": "yarn"}"#,
      #"rope_type is "yarn"; expected default, linear or llama3. Choose another base."#),
    Refusal(
      "rope_scaling", #"{"rope_type": 3, "factor": 4}"#,
      "rope_type is 3; expected default, linear or llama3. Choose another base."),
    Refusal(
      "rope_scaling", #"{"type": ["linear"]}"#,
      #"rope_type is ["linear"]; expected default, linear or llama3. Choose another base."#),
    Refusal(
      "rope_scaling", #""linear""#, #"rope_scaling is "linear"; expected an object. \#(whole)"#),
    Refusal("rope_parameters", "[]", "rope_parameters is []; expected an object. \(whole)"),
    Refusal(
      "rope_scaling", #"{"rope_type": "linear", "factor": 0}"#,
      "factor is 0; expected a positive number. \(whole)"),
    Refusal(
      "rope_parameters", #"{"rope_type": "llama3", "rope_theta": "x"}"#,
      #"rope_theta is "x"; expected a positive number. \#(whole)"#),
  ]

  @Test("What is not computed here is refused with its value and what to do", arguments: refusals)
  func refused(_ refusal: Refusal) throws {
    var object = try #require(try JSONParser.parse(Self.smallest).objectValue)
    _ = try ModelConfiguration(json: .object(object), file: "config.json")
    object[refusal.field] = try JSONParser.parse(refusal.value)
    let error = #expect(throws: ModelConfigurationError.self) {
      try ModelConfiguration(json: .object(object), file: "base/config.json")
    }
    #expect(error?.description == "base/config.json: \(refusal.message)")
  }

  @Test("Every misfit is told at once")
  func several() throws {
    let error = #expect(throws: ModelConfigurationError.self) {
      try ModelConfiguration(
        json: ["model_type": "mistral", "vocab_size": 16, "hidden_size": 8, "sliding_window": "wide"],
        file: "config.json")
    }
    #expect(
      error?.problems == [
        "intermediate_size is missing; expected a whole number from 1 to 1048576. \(Self.whole)",
        "num_hidden_layers is missing; expected a whole number from 1 to 1000. \(Self.whole)",
        "num_attention_heads is missing; expected a whole number from 1 to 1048576. \(Self.whole)",
        "sliding_window is \"wide\"; expected a whole number from 1 to 16777216. \(Self.whole)",
      ])
  }

  /// Rotary settings as published files spell them, and what transformers 5.23.0 takes from them.
  struct Rotary: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let theta: Double
    let scaling: RotaryScaling

    init(_ members: String, _ theta: Double, _ scaling: RotaryScaling) {
      (testDescription, self.theta, self.scaling) = (members, theta, scaling)
    }
  }

  static let rotaries = [
    Rotary(#""rope_theta": 500"#, 500, .none),
    Rotary(#""rope_theta": 500, "rope_scaling": {}, "rope_parameters": null"#, 500, .none),
    Rotary(#""rope_theta": 500, "rope_parameters": {"rope_type": "default"}"#, 500, .none),
    Rotary(
      #""rope_theta": 500, "rope_parameters": {"rope_type": "default", "rope_theta": 20}"#, 20, .none),
    Rotary(
      #""rope_theta": 500, "rope_scaling": {"type": "linear", "factor": 2, "rope_theta": 20}"#, 20,
      .linear(factor: 2)),
    Rotary(
      #""rope_scaling": {"type": "linear", "factor": 2}, "rope_parameters": {"rope_theta": 20}"#, 10_000,
      .linear(factor: 2)),
    Rotary(
      #""rope_scaling": {"rope_type": "llama3", "factor": 4}, "max_position_embeddings": 64"#, 10_000,
      llama3(originalContext: 64)),
    Rotary(
      #""rope_scaling": {"rope_type": "llama3", "factor": 4, "original_max_position_embeddings": 32}"#,
      10_000, llama3(originalContext: 32)),
    Rotary(
      """
      "original_max_position_embeddings": 16,
      "rope_scaling": {"rope_type": "llama3", "factor": 4, "original_max_position_embeddings": 32}
      """, 10_000, llama3(originalContext: 16)),
  ]

  static func llama3(originalContext: Double) -> RotaryScaling {
    .llama3(factor: 4, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: originalContext)
  }

  @Test("Rotary settings are taken from where transformers takes them", arguments: rotaries)
  func rotary(_ rotary: Rotary) throws {
    let model = try ModelConfiguration(
      json: JSONParser.parse("\(Self.smallest.dropLast()), \(rotary.testDescription)}"), file: "config.json")
    #expect(model.rotaryTheta == rotary.theta)
    #expect(model.rotaryScaling == rotary.scaling)
  }

  @Test("Absent fields have what transformers' classes have")
  func absent() throws {
    func model(_ family: String, _ members: String = "") throws -> ModelConfiguration {
      let fields =
        Self.smallest.replacing("llama", with: family).dropLast() + #", "max_position_embeddings": 9000"#
      return try ModelConfiguration(json: JSONParser.parse("\(fields)\(members)}"), file: "config.json")
    }
    #expect(try model("llama").headDimension == 4)
    #expect(try model("qwen3").headDimension == 128)
    #expect(try model("mistral").contextLength == 4096)
    #expect(try model("mistral", #", "sliding_window": null"#).contextLength == 9000)
    #expect(try model("qwen2").contextLength == 9000)
    #expect(try model("qwen2", #", "use_sliding_window": true"#).contextLength == 4096)
  }

  @Test("The largest model that is accepted has sizes in bytes that can be computed")
  func largest() throws {
    let json = try JSONParser.parse(
      """
      {"model_type": "qwen2", "vocab_size": 1048576, "hidden_size": 1048576, "intermediate_size": 1048576,
       "num_hidden_layers": 1000, "num_attention_heads": 524288, "head_dim": 2,
       "max_position_embeddings": 16777216}
      """)
    let model = try ModelConfiguration(json: json, file: "config.json")
    // Seven matrices of 2²⁰ · 2²⁰ and two gains a layer, biases of three projections, embedding, norm and head.
    let layer = 7 << 40 + 2 << 20 + 3 << 20
    #expect(model.parameterCount == 1000 * layer + 2 << 40 + 1 << 20)
    #expect(model.parameterCount.multipliedReportingOverflow(by: 4).overflow == false)
  }
}
