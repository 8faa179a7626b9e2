import Checkpoint
import Files
import Model
import Tensor

/// A base as `pretrain` leaves it: config.json, generation_config.json, tokenizer_config.json and model.safetensors
/// in bfloat16, in the layout that Hugging Face libraries load.
enum PretrainedModel {
  /// Writes the weights, atomically.
  static func write(_ parameters: ParameterSet, to folder: String) throws {
    let pool = ThreadPool(threadCount: 1)
    var writer = try SafetensorsWriter(
      path: "\(folder)/model.safetensors",
      tensors: parameters.entries.map { .init(name: $0.name, dtype: .bfloat16, shape: $0.shape) },
      metadata: ["format": "pt"])
    for index in parameters.entries.indices {
      let value = parameters.value(index)
      var narrow = [UInt16](repeating: 0, count: value.count)
      try narrow.withUnsafeMutableBytes { bytes in
        if let base = bytes.baseAddress {
          Conversion.narrow(value.base, to: .bfloat16, into: base, count: value.count, pool: pool)
        }
        try writer.append(UnsafeRawBufferPointer(bytes))
      }
    }
    try writer.commit()
  }

  /// Writes the configuration beside the tokenizer, each file atomically.
  ///
  /// - Parameter endOfText: the end-of-text token as the tokenizer spells it.
  static func write(_ configuration: ModelConfiguration, endOfText: String, to folder: String) throws {
    let ending = configuration.endOfText.first.map { JSONValue.integer(Int64($0)) } ?? .null
    let settings: [(name: String, json: JSONValue)] = [
      ("config.json", configuration.json(dtype: "bfloat16")),
      ("generation_config.json", ["eos_token_id": ending, "pad_token_id": ending]),
      (
        "tokenizer_config.json",
        [
          "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": .string(endOfText),
          "pad_token": .string(endOfText), "model_max_length": .integer(Int64(configuration.contextLength)),
        ]
      ),
    ]
    for (name, json) in settings {
      try AtomicFile.write(JSONWriter.string(of: json, layout: .pretty), to: "\(folder)/\(name)")
    }
  }
}
