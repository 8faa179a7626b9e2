import TestSupport
import Checkpoint
import Files
import Foundation
import Model
import Tensor

extension Fixtures {
  /// The values of a stored tensor.
  static func values(_ name: String, of file: SafetensorsFile) throws -> [Float] {
    let tensor = try file.tensor(named: name)
    var values = [Float](repeating: 0, count: tensor.count)
    values.withUnsafeMutableBufferPointer {
      if let base = $0.baseAddress { tensor.copy(to: base, pool: ThreadPool(threadCount: 1)) }
    }
    return values
  }
}

extension WeightMatrix {
  /// All values of a float32 matrix, row by row.
  var values: [Float] { matrix.values }
}

extension Matrix {
  /// All values, row by row.
  var values: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
}

extension Storage {
  /// All values.
  var values: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
}
