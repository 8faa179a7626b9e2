import Checkpoint
import Files
import Tensor

/// A run's whole state in one file, so that it is replaced in one step: parameters, optimizer moments and
/// whatever else is kept as float32 blocks, and the rest as JSON in the file's metadata.
///
/// The file is ordinary safetensors with one flat tensor a block.
enum TrainingCheckpoint {
  /// The file's name in an adapter or base folder.
  static let name = "checkpoint.safetensors"
  private static let stateKey = "state"

  /// Writes the blocks and the state atomically.
  static func write(_ blocks: [(name: String, storage: Storage)], state: JSONValue, to path: String) throws {
    var writer = try SafetensorsWriter(
      path: path,
      tensors: blocks.map { .init(name: $0.name, dtype: .float32, shape: [$0.storage.count]) },
      metadata: [stateKey: JSONWriter.string(of: state)])
    for block in blocks {
      try writer.append(
        UnsafeRawBufferPointer(
          start: block.storage.base, count: block.storage.count * MemoryLayout<Float>.stride))
    }
    try writer.commit()
  }

  /// Reads the state alone, to see whether the checkpoint fits before anything is overwritten.
  static func readState(_ path: String) throws -> JSONValue {
    guard let text = try SafetensorsFile(path: path).metadata[stateKey] else {
      throw TrainingError.checkpoint(
        path: path, problem: "holds no training state; expected a checkpoint of this program. Start afresh.")
    }
    return try JSONParser.parse(text, file: path)
  }

  /// Fills the blocks from a checkpoint that holds exactly them, bit for bit.
  static func read(_ path: String, into blocks: [(name: String, storage: Storage)]) throws {
    let file = try SafetensorsFile(path: path)
    for block in blocks {
      let tensor = try file.tensor(named: block.name)
      guard tensor.dtype == .float32, tensor.shape == [block.storage.count] else {
        throw TrainingError.checkpoint(
          path: path,
          problem: "\(block.name) has shape \(tensor.shape); expected [\(block.storage.count)]."
            + " Resume with the settings that the run began with.")
      }
      UnsafeMutableRawBufferPointer(
        start: block.storage.base, count: block.storage.count * MemoryLayout<Float>.stride
      ).copyMemory(from: tensor.bytes)
    }
  }
}
