import TestSupport
import Checkpoint
import Files
import Foundation
import Tensor

/// The reference numbers that Tests/Fixtures/README.md describes, computed by transformers and PEFT.
struct Reference {
  let manifest: JSONValue
  let tensors: SafetensorsFile?

  init(_ name: String) throws {
    let path = Fixtures.reference(name)
    manifest = try JSONParser.parse(contentsOf: path + ".json")
    let weights = path + ".safetensors"
    tensors = FileManager.default.fileExists(atPath: weights) ? try SafetensorsFile(path: weights) : nil
  }

  /// The largest difference between two ways in which PyTorch computes the same numbers.
  var rounding: Double { manifest["rounding"]?.doubleValue ?? 0 }

  func values(_ name: String) throws -> [Float] {
    guard let tensor = try tensors?.tensor(named: name) else { return [] }
    var values = [Float](repeating: 0, count: tensor.count)
    values.withUnsafeMutableBufferPointer {
      if let base = $0.baseAddress { tensor.copy(to: base, pool: ThreadPool(threadCount: 1)) }
    }
    return values
  }

  /// The ids of each sequence.
  var sequences: [[Int32]] {
    (manifest["sequences"]?.arrayValue ?? []).map { Reference.ids($0["ids"]) }
  }

  /// The labels of each sequence, −100 where there is none.
  var labels: [[Int32]] {
    (manifest["sequences"]?.arrayValue ?? []).map { Reference.ids($0["labels"]) }
  }

  static func ids(_ json: JSONValue?) -> [Int32] {
    (json?.arrayValue ?? []).compactMap(\.intValue).map { Int32($0) }
  }
}
