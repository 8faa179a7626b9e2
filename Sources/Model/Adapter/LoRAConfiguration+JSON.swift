import Files

extension LoRAConfiguration {
  /// Reads PEFT's `adapter_config.json`; `file` names it in errors.
  ///
  /// - Parameter tensorNames: the names of the adapter's tensors. They say what a `target_modules` that is a pattern
  ///   matched.
  /// - Throws: `AdapterError` listing every setting that is damaged, or that would change the result and is not
  ///   supported.
  public init(json: JSONValue, file: String, tensorNames: [String] = []) throws {
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
    expect("layer_replication", [[]])
    expect("target_parameters", [[]])
    expect("trainable_token_indices", [[]])
    expect("rank_pattern", [[:]])
    expect("alpha_pattern", [[:]])
    expect("lora_bias", [false])
    expect("use_qalora", [false])
    expect("use_bdlora", [.null])
    expect("kasa_config", [.null])
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
    let (known, unknown) = Self.targets(json["target_modules"], tensorNames)
    targets = known
    let only = Projection.allCases.map(\.moduleName).joined(separator: ", ")
    let advice = "Train the adapter on these modules only."
    if !unknown.isEmpty {
      let found = unknown.map(\.brief).joined(separator: ", ")
      problems.append("target_modules names \(found); expected only \(only). \(advice)")
    } else if known.isEmpty {
      misfit("target_modules", "a list of \(only)", advice)
    }
    guard problems.isEmpty else { throw AdapterError(path: file, problems: problems) }
  }

  /// The projections that a `target_modules` means, and the entries of its list that mean none.
  ///
  /// Where it lists paths or is a pattern, it may mean some layers only; that shows in the tensors.
  private static func targets(
    _ value: JSONValue?, _ tensorNames: [String]
  ) -> (known: [Projection], unknown: [JSONValue]) {
    if value == "all-linear" { return (Projection.allCases, []) }
    if value?.stringValue != nil {
      let matched = Projection.allCases.filter { projection in
        tensorNames.contains { $0.hasSuffix(".\(projection.path).lora_A.weight") }
      }
      return (matched, [])
    }
    var (known, unknown): (Set<Projection>, [JSONValue]) = ([], [])
    for entry in value?.arrayValue ?? [] {
      // As a module is called, or by the end of its path or all of it.
      let name = entry.stringValue?.split(separator: ".").last ?? ""
      if let projection = Projection(moduleName: String(name)) {
        known.insert(projection)
      } else {
        unknown.append(entry)
      }
    }
    return (Projection.allCases.filter(known.contains), unknown)
  }
}
