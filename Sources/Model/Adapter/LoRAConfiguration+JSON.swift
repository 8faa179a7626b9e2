import Files

extension LoRAConfiguration {
  /// Reads PEFT's `adapter_config.json`; `file` names it in errors.
  ///
  /// - Throws: `AdapterError` listing every setting that is damaged, or that would change the result and is not
  ///   supported.
  public init(json: JSONValue, file: String) throws {
    var problems: [String] = []
    func misfit(_ name: String, _ expected: String, _ advice: String) {
      let found = json[name].map { "is \($0.brief)" } ?? "is missing"
      problems.append("\(name) \(found); expected \(expected). \(advice)")
    }
    func expect(_ name: String, _ standard: [JSONValue]) {
      guard let value = json[name], !standard.contains(value), value != .null else { return }
      let allowed = standard.map(\.brief).joined(separator: " or ")
      misfit(name, allowed, "Train or convert the adapter without it.")
    }
    expect("peft_type", ["LORA"])
    expect("use_dora", [false])
    expect("bias", ["none"])
    expect("fan_in_fan_out", [false])
    expect("modules_to_save", [[]])
    expect("layers_to_transform", [[]])
    expect("rank_pattern", [[:]])
    expect("alpha_pattern", [[:]])
    expect("lora_bias", [false])
    expect("use_qalora", [false])
    expect("alora_invocation_tokens", [[]])
    // Every other initialisation moves a part of the base's weights into the adapter.
    expect("init_lora_weights", [true, false, "gaussian", "eva", "orthogonal"])

    self.init()
    let damaged = "Check that the file is whole."
    if let value = json["r"]?.intValue, (1...65_536).contains(value) {
      rank = value
    } else {
      misfit("r", "a whole number from 1 to 65536", damaged)
    }
    if let value = json["lora_alpha"]?.doubleValue, Self.alphas.range.contains(value) {
      alpha = value
    } else {
      misfit("lora_alpha", Self.alphas.text, damaged)
    }
    if let value = json["lora_dropout"] {
      if let rate = value.doubleValue, Self.dropouts.range.contains(rate) {
        dropout = rate
      } else {
        misfit("lora_dropout", Self.dropouts.text, damaged)
      }
    }
    if let value = json["use_rslora"], value != .null {
      if let isOn = value.boolValue {
        isRankStabilized = isOn
      } else {
        misfit("use_rslora", "true or false", damaged)
      }
    }
    if json["target_modules"] != "all-linear" {
      let listed = json["target_modules"]?.arrayValue ?? []
      let known = listed.compactMap(\.stringValue).compactMap(Projection.init(moduleName:))
      if known.isEmpty || known.count < listed.count {
        let names = Projection.allCases.map(\.moduleName).joined(separator: ", ")
        misfit("target_modules", "a list of \(names)", "Train the adapter on these modules only.")
      }
      targets = Projection.allCases.filter(known.contains)
    }
    guard problems.isEmpty else { throw AdapterError(path: file, problems: problems) }
  }
}
