import Checkpoint
import Files
import Foundation
import Tensor

/// What is wrong with an adapter folder.
public struct AdapterError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file or folder.
  public let path: String
  /// Every problem found, each saying what was found, what was expected and what to do.
  public let problems: [String]

  /// One line a problem, each opening with the path; the first twenty.
  public var description: String {
    let rest = problems.count > 20 ? ["\(path): and \(problems.count - 20) more problems."] : []
    return (problems.prefix(20).map { "\(path): \($0)" } + rest).joined(separator: "\n")
  }
}

/// An adapter on disk as PEFT writes and reads it: `adapter_config.json` and `adapter_model.safetensors`.
public enum AdapterFolder {
  /// PEFT's name of the settings file.
  public static let configurationName = "adapter_config.json"
  /// PEFT's name of the tensor file.
  public static let weightsName = "adapter_model.safetensors"
  /// Its name of a tensor file that is a Python pickle, which is a program rather than data.
  private static let pickledName = "adapter_model.bin"

  /// Writes an adapter, each file atomically.
  ///
  /// - Parameter base: what `base_model_name_or_path` should say.
  /// - Throws: `FileError`.
  public static func write(_ adapter: LoRAAdapter, to folder: String, base: String) throws {
    try AtomicFile.createDirectory(folder)
    try write(adapter.parameters, to: "\(folder)/\(weightsName)")
    let text = try JSONWriter.string(of: json(adapter.configuration, base: base), layout: .pretty)
    try AtomicFile.write(text, to: "\(folder)/\(configurationName)")
  }

  /// Reads an adapter for a model.
  ///
  /// - Throws: `AdapterError` where the settings ask for what is not supported, or tensors are missing,
  ///   unknown, of another shape, not finite or pickled; file, JSON and checkpoint errors.
  public static func read(_ folder: String, for model: ModelConfiguration) throws -> LoRAAdapter {
    let configuration = try readConfiguration(folder)
    let adapter = LoRAAdapter(configuration, for: model)
    try load(adapter.parameters, from: "\(folder)/\(weightsName)")
    return adapter
  }

  /// Reads an adapter's settings alone.
  ///
  /// - Throws: `AdapterError` as `read` does for settings and for weights that are pickled: whoever opens an adapter
  ///   asks for its settings first.
  public static func readConfiguration(_ folder: String) throws -> LoRAConfiguration {
    let names = [weightsName, pickledName].filter {
      FileManager.default.fileExists(atPath: "\(folder)/\($0)")
    }
    if names == [pickledName] {
      throw AdapterError(
        path: folder,
        problems: [
          "found only \(pickledName); expected \(weightsName). Convert the adapter with"
            + " save_pretrained(folder, safe_serialization=True) of PEFT."
        ])
    }
    let path = "\(folder)/\(configurationName)"
    let json = try JSONParser.parse(contentsOf: path)
    let isPattern = json["target_modules"]?.stringValue != nil
    return try LoRAConfiguration(
      json: json, file: path,
      tensorNames: isPattern ? SafetensorsFile(path: "\(folder)/\(weightsName)").names : [])
  }

  /// The base that an adapter's settings name: a folder, or a name on a model hub.
  public static func readBasePath(_ folder: String) throws -> String? {
    try JSONParser.parse(contentsOf: "\(folder)/\(configurationName)")["base_model_name_or_path"]?.stringValue
  }

  /// Writes a parameter set as float32 safetensors.
  static func write(_ parameters: ParameterSet, to path: String) throws {
    var writer = try SafetensorsWriter(
      path: path,
      tensors: parameters.entries.map { .init(name: $0.name, dtype: .float32, shape: $0.shape) },
      metadata: ["format": "pt"])
    for index in parameters.entries.indices {
      let value = parameters.value(index)
      try writer.append(
        UnsafeRawBufferPointer(start: value.base, count: value.count * MemoryLayout<Float>.stride))
    }
    try writer.commit()
  }

  /// Fills a parameter set from a safetensors file that holds exactly its tensors, of finite numbers.
  static func load(_ parameters: ParameterSet, from path: String) throws {
    let file = try SafetensorsFile(path: path)
    let stored = Set(file.names)
    let expected = Set(parameters.entries.map(\.name))
    var problems = file.names.filter { !expected.contains($0) }.map {
      "tensor \($0) fits nothing in this model. Check that the adapter was made for this base."
    }
    for entry in parameters.entries {
      guard stored.contains(entry.name) else {
        problems.append(
          "tensor \(entry.name) is missing; expected shape \(entry.shape). Check that the folder is whole, and that"
            + " the adapter is for every layer.")
        continue
      }
      let shape = try file.tensor(named: entry.name).shape
      if shape != entry.shape {
        problems.append(
          "tensor \(entry.name) has shape \(shape); expected \(entry.shape)."
            + " Check that the adapter was made for this base.")
      }
    }
    guard problems.isEmpty else { throw AdapterError(path: path, problems: problems) }
    let pool = ThreadPool(threadCount: 1)
    for (index, entry) in parameters.entries.enumerated() {
      let value = parameters.value(index)
      try file.tensor(named: entry.name).copy(to: value.base, pool: pool)
      if !Reduction.isFinite(value.base, count: value.count) {
        problems.append(
          "tensor \(entry.name) holds NaN or infinity; expected finite numbers. Train the adapter again.")
      }
    }
    guard problems.isEmpty else { throw AdapterError(path: path, problems: problems) }
  }

  private static func json(_ configuration: LoRAConfiguration, base: String) -> JSONValue {
    [
      "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": .string(base),
      "revision": .null, "inference_mode": true, "r": .integer(Int64(configuration.rank)),
      "lora_alpha": number(configuration.alpha), "lora_dropout": number(configuration.dropout),
      "target_modules": .array(configuration.targets.map { .string($0.moduleName) }),
      "use_rslora": .bool(configuration.isRankStabilized), "use_dora": false, "bias": "none",
      "fan_in_fan_out": false, "init_lora_weights": true, "modules_to_save": .null,
      "layers_to_transform": .null, "layers_pattern": .null, "rank_pattern": [:], "alpha_pattern": [:],
    ]
  }

  /// A whole number without a fraction, as PEFT writes alpha.
  private static func number(_ value: Double) -> JSONValue {
    value == value.rounded() && abs(value) < 1e15 ? .integer(Int64(value)) : .number(value)
  }
}
