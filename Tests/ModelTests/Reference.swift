import Checkpoint
import Files
import Foundation
import Tensor

/// The reference numbers that Tests/Fixtures/README.md describes, computed by transformers and PEFT.
struct Reference {
  let manifest: JSONValue
  let tensors: SafetensorsFile?

  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures").path

  static func model(_ family: String) -> String { "\(fixtures)/models/\(family)" }
  static func adapter(_ name: String) -> String { "\(fixtures)/adapters/\(name)" }

  init(_ name: String) throws {
    let path = "\(Reference.fixtures)/references/\(name)"
    manifest = try JSONParser.parse(contentsOf: path + ".json")
    let weights = path + ".safetensors"
    tensors = FileManager.default.fileExists(atPath: weights) ? try SafetensorsFile(path: weights) : nil
  }

  /// The largest difference between two ways in which PyTorch computes the same numbers.
  var rounding: Double { manifest["rounding"]?.doubleValue ?? 0 }

  func values(_ name: String) throws -> [Float] {
    guard let tensor = try tensors?.tensor(named: name) else { return [] }
    var values = [Float](repeating: 0, count: tensor.count)
    values.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { tensor.copy(to: base) } }
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

/// The largest difference between two runs of numbers; NaN if one is NaN or the counts differ.
func largestDifference(_ left: [Float], _ right: [Float]) -> Double {
  guard left.count == right.count, !left.isEmpty else { return .nan }
  var largest = 0.0
  for (a, b) in zip(left, right) {
    let difference = abs(Double(a) - Double(b))
    if !(difference <= largest) { largest = difference }
  }
  return largest
}
