import Files
import Tensor

/// A safetensors file, mapped into memory and checked as a whole before any of its bytes is used.
public struct SafetensorsFile: Sendable {
  /// The mapped file.
  public let file: MappedFile
  /// What the header says about each tensor, in the order of their data.
  public let records: [TensorRecord]
  /// The file's `__metadata__`, empty where it has none.
  public let metadata: [String: String]

  private let positions: [String: Int]

  /// Opens the file at `path`.
  ///
  /// - Throws: ``FileError`` where it cannot be read, ``SafetensorsError`` where header and data do not fit.
  public init(path: String) throws {
    file = try MappedFile(path: path)
    let header: SafetensorsHeader
    do throws(SafetensorsError.Problem) {
      header = try SafetensorsHeader(bytes: file.bytes)
    } catch {
      throw SafetensorsError(file: path, problem: error)
    }
    records = header.records
    metadata = header.metadata
    positions = Dictionary(zip(records.map(\.name), records.indices)) { first, _ in first }
  }

  /// The path under which the file was opened.
  public var path: String { file.path }

  /// The names of the tensors, in the order of their data.
  public var names: [String] { records.map(\.name) }

  /// Whether there is a tensor of that name.
  public func contains(_ name: String) -> Bool { positions[name] != nil }

  /// The tensor of that name.
  ///
  /// - Throws: ``SafetensorsError`` where there is none or its elements are not F32, F16 or BF16.
  public func tensor(named name: String) throws(SafetensorsError) -> TensorView {
    guard let position = positions[name] else {
      throw SafetensorsError(file: path, problem: .missingTensor(name))
    }
    let record = records[position]
    guard let dtype = DType(safetensorsName: record.dtypeName) else {
      throw SafetensorsError(
        file: path, problem: .unsupportedDType(tensor: name, dtype: record.dtypeName))
    }
    return TensorView(record, dtype: dtype, file: file)
  }
}
