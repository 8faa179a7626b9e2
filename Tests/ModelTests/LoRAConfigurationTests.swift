import Files
import Testing

@testable import Model

@Suite("LoRA configuration")
struct LoRAConfigurationTests {
  typealias Refusal = ModelConfigurationTests.Refusal

  static let smallest = #"{"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["q_proj"]}"#
  static let whole = "Check that the file is whole."
  static let without = "Train or convert the adapter without it."
  static let modules = "q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj"
  static let starts = #"true or false or "gaussian" or "eva" or "orthogonal""#

  static let refusals = [
    Refusal("peft_type", #""IA3""#, #"peft_type is "IA3"; expected "LORA". \#(without)"#),
    Refusal("use_dora", "true", "use_dora is true; expected false. \(without)"),
    Refusal("bias", #""all""#, #"bias is "all"; expected "none". \#(without)"#),
    Refusal("fan_in_fan_out", "true", "fan_in_fan_out is true; expected false. \(without)"),
    Refusal(
      "modules_to_save", #"["lm_head"]"#, #"modules_to_save is ["lm_head"]; expected []. \#(without)"#),
    Refusal("layers_to_transform", "2", "layers_to_transform is 2; expected []. \(without)"),
    Refusal(
      "rank_pattern", #"{"q_proj": 8}"#, #"rank_pattern is {"q_proj":8}; expected {}. \#(without)"#),
    Refusal(
      "alpha_pattern", #"{"q_proj": 8}"#, #"alpha_pattern is {"q_proj":8}; expected {}. \#(without)"#),
    Refusal(
      "layer_replication", "[[1, 2], [0, 1]]",
      "layer_replication is [[1,2],[0,1]]; expected []. \(without)"),
    Refusal(
      "target_parameters", #"["mlp.up_proj.weight"]"#,
      #"target_parameters is ["mlp.up_proj.weight"]; expected []. \#(without)"#),
    Refusal(
      "trainable_token_indices", "[1]", "trainable_token_indices is [1]; expected []. \(without)"),
    Refusal("use_bdlora", "{}", "use_bdlora is {}; expected null. \(without)"),
    Refusal("kasa_config", "{}", "kasa_config is {}; expected null. \(without)"),
    Refusal("lora_bias", "true", "lora_bias is true; expected false. \(without)"),
    Refusal("use_qalora", "true", "use_qalora is true; expected false. \(without)"),
    Refusal(
      "alora_invocation_tokens", "[5]", "alora_invocation_tokens is [5]; expected []. \(without)"),
    Refusal(
      "init_lora_weights", #""pissa_niter_4""#,
      #"init_lora_weights is "pissa_niter_4"; expected \#(starts). \#(without)"#),
    Refusal(
      "init_lora_weights", #""olora""#, #"init_lora_weights is "olora"; expected \#(starts). \#(without)"#),
    Refusal("r", "null", "r is null; expected a whole number from 1 to 65536. \(whole)"),
    Refusal("r", "2.5", "r is 2.5; expected a whole number from 1 to 65536. \(whole)"),
    Refusal("r", "0", "r is 0; expected a whole number from 1 to 65536. \(whole)"),
    Refusal("r", "65537", "r is 65537; expected a whole number from 1 to 65536. \(whole)"),
    Refusal("lora_alpha", "0", "lora_alpha is 0; expected a number above 0 and up to 1e9. \(whole)"),
    Refusal(
      "lora_alpha", #""8""#, #"lora_alpha is "8"; expected a number above 0 and up to 1e9. \#(whole)"#),
    Refusal("lora_dropout", "1", "lora_dropout is 1; expected a number from 0 to 0.999. \(whole)"),
    Refusal("lora_dropout", "-0.1", "lora_dropout is -0.1; expected a number from 0 to 0.999. \(whole)"),
    Refusal("use_rslora", #""yes""#, #"use_rslora is "yes"; expected true or false. \#(whole)"#),
    Refusal(
      "target_modules", "[]",
      "target_modules is []; expected a list of \(modules). Train the adapter on these modules only."),
    Refusal(
      "target_modules", #"["q_proj", "lm_head"]"#,
      #"target_modules names "lm_head"; expected only \#(modules). Train the adapter on these modules only."#
    ),
    Refusal(
      "target_modules", #"["q_proj", 3]"#,
      #"target_modules names 3; expected only \#(modules). Train the adapter on these modules only."#),
    Refusal(
      "target_modules", #"".*_proj""#,
      #"target_modules is ".*_proj"; expected a list of \#(modules). Train the adapter on these modules only."#
    ),
  ]

  @Test("What would change the result is refused with its value and what to do", arguments: refusals)
  func refused(_ refusal: Refusal) throws {
    var object = try #require(try JSONParser.parse(Self.smallest).objectValue)
    _ = try LoRAConfiguration(json: .object(object), file: "adapter_config.json")
    object[refusal.field] = try JSONParser.parse(refusal.value)
    let error = #expect(throws: AdapterError.self) {
      try LoRAConfiguration(json: .object(object), file: "a/adapter_config.json")
    }
    #expect(error?.description == "a/adapter_config.json: \(refusal.message)")
  }

  @Test("Every misfit is told at once")
  func several() {
    let error = #expect(throws: AdapterError.self) {
      try LoRAConfiguration(json: ["use_dora": true], file: "adapter_config.json")
    }
    #expect(
      error?.problems == [
        "use_dora is true; expected false. \(Self.without)",
        "r is missing; expected a whole number from 1 to 65536. \(Self.whole)",
        "lora_alpha is missing; expected a number above 0 and up to 1e9. \(Self.whole)",
        "target_modules is missing; expected a list of \(Self.modules). Train the adapter on these modules only.",
      ])
  }

  @Test("Settings that change nothing are read past, and absent ones have PEFT's defaults")
  func accepted() throws {
    let plain = try LoRAConfiguration(json: JSONParser.parse(Self.smallest), file: "")
    #expect(plain == LoRAConfiguration(rank: 4, alpha: 8, dropout: 0, targets: [.query]))
    let full = try LoRAConfiguration(
      json: [
        "r": 4.0, "lora_alpha": 8, "lora_dropout": 0.5, "use_rslora": true, "target_modules": "all-linear",
        "init_lora_weights": "eva", "rank_pattern": .null, "task_type": "CAUSAL_LM",
      ], file: "")
    #expect(full == LoRAConfiguration(rank: 4, alpha: 8, dropout: 0.5, isRankStabilized: true))
  }

  @Test("Modules may be named by their paths, and a pattern means what there are tensors of")
  func targets() throws {
    func targets(_ value: JSONValue) throws -> [Projection] {
      try LoRAConfiguration(
        json: ["r": 4, "lora_alpha": 8, "target_modules": value], file: "",
        tensorNames: [
          "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight",
          "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight",
          "base_model.model.model.layers.0.mlp.down_proj.lora_A.weight",
          "base_model.model.lm_head.lora_A.weight",
        ]
      ).targets
    }
    #expect(try targets(["mlp.up_proj", "self_attn.v_proj"]) == [.value, .up])
    #expect(
      try targets(["model.layers.1.self_attn.k_proj", "model.layers.0.self_attn.k_proj"]) == [.key])
    #expect(try targets(#".*\.(q_proj|down_proj)"#) == [.query, .down])
  }
}
