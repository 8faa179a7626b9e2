import Checkpoint
import Files
import Foundation
import Model
import Tensor

/// The models, adapters and reference numbers that Tests/Fixtures/README.md describes.
enum Fixtures {
  static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures").path

  static func model(_ family: String) -> String { "\(path)/models/\(family)" }
  static func adapter(_ name: String) -> String { "\(path)/adapters/\(name)" }
  static func reference(_ name: String) -> String { "\(path)/references/\(name)" }

  /// The values of a stored tensor.
  static func values(_ name: String, of file: SafetensorsFile) throws -> [Float] {
    let tensor = try file.tensor(named: name)
    var values = [Float](repeating: 0, count: tensor.count)
    values.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { tensor.copy(to: base) } }
    return values
  }
}

extension Matrix {
  /// All values, row by row.
  var values: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
}

extension Storage {
  /// All values.
  var values: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
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
