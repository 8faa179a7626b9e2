import Files
import Foundation

/// The weights of a Hugging Face model folder, in one safetensors file or in shards with an index.
///
/// As in `transformers`, `model.safetensors` goes before `model.safetensors.index.json`, whose `weight_map`
/// says for each tensor in which file of the folder it is.
public struct CheckpointFolder: Sendable {
  /// The folder.
  public let path: String
  /// The safetensors files, sorted by name.
  public let files: [SafetensorsFile]

  /// Which of the files holds a tensor.
  private let places: [String: Int]

  /// Opens and checks all weights of the folder at `path`.
  ///
  /// - Throws: ``CheckpointFolderError`` where the folder or its index does not fit, ``JSONParseError``
  ///   where the index is not JSON, ``FileError`` and ``SafetensorsError`` for its files.
  public init(path: String) throws {
    self.path = path
    let names = try Self.weightFiles(in: path)
    files = try names.files.map { try SafetensorsFile(path: "\(path)/\($0)") }
    if let index = names.index {
      let misfits = Self.misfits(of: index, names.files, files)
      guard misfits.isEmpty else {
        throw CheckpointFolderError(path: "\(path)/\(Self.indexName)", problem: .index(misfits))
      }
    }
    var places: [String: Int] = [:]
    for (place, file) in files.enumerated() {
      for name in file.names { places[name] = place }
    }
    self.places = places
  }

  /// The names of all tensors, file by file in the order of their data.
  public var names: [String] { files.flatMap(\.names) }

  /// Whether there is a tensor of that name.
  public func contains(_ name: String) -> Bool { places[name] != nil }

  /// The tensor of that name.
  ///
  /// - Throws: ``SafetensorsError`` where there is none or its elements are not F32, F16 or BF16.
  public func tensor(named name: String) throws(SafetensorsError) -> TensorView {
    guard let place = places[name] else {
      throw SafetensorsError(file: path, problem: .missingTensor(name))
    }
    return try files[place].tensor(named: name)
  }

  /// The digest of all files, one after the other in the order of their names.
  public func fingerprint() -> Fingerprint {
    var fingerprinter = Fingerprinter()
    for file in files { fingerprinter.append(file.file) }
    return fingerprinter.finish()
  }
}

extension CheckpointFolder {
  private static let singleName = "model.safetensors"
  private static let indexName = "model.safetensors.index.json"

  /// The names of the folder's weight files, and the index's map from tensor to file where there is one.
  private static func weightFiles(
    in path: String
  ) throws -> (files: [String], index: [(tensor: String, file: String)]?) {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw CheckpointFolderError(path: path, problem: .notReadable)
    }
    if names.contains(singleName) { return ([singleName], nil) }
    guard names.contains(indexName) else {
      let pickled = names.filter { $0.hasPrefix("pytorch_model") && $0.hasSuffix(".bin") }.sorted()
      throw CheckpointFolderError(
        path: path, problem: pickled.first.map { .onlyPickled($0) } ?? .noWeights)
    }
    let index = try weightMap(path: "\(path)/\(indexName)")
    let files = Set(index.map(\.file)).sorted()
    let missing = files.filter { !names.contains($0) }
    guard missing.isEmpty else {
      throw CheckpointFolderError(path: "\(path)/\(indexName)", problem: .missingShards(missing))
    }
    return (files, index)
  }

  private static func weightMap(path: String) throws -> [(tensor: String, file: String)] {
    let index = try JSONParser.parse(contentsOf: path)
    guard let map = index["weight_map"]?.objectValue, !map.isEmpty else {
      let found = index["weight_map"].map { $0.objectValue == nil ? $0.kindName : "an empty object" }
      throw CheckpointFolderError(path: path, problem: .weightMap(found: found ?? "nothing"))
    }
    return try map.members.map { tensor, value in
      guard let file = value.stringValue else {
        throw CheckpointFolderError(
          path: path, problem: .shardName(tensor: tensor, found: value.kindName))
      }
      // The name comes from the outside and must not lead out of the folder.
      guard file.hasSuffix(".safetensors"), !file.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 })
      else {
        throw CheckpointFolderError(path: path, problem: .shardName(tensor: tensor, found: "\"\(file)\""))
      }
      return (tensor, file)
    }
  }

  /// Where the index and the files disagree.
  private static func misfits(
    of index: [(tensor: String, file: String)], _ names: [String], _ files: [SafetensorsFile]
  ) -> [CheckpointFolderError.IndexMisfit] {
    let places = Dictionary(zip(names, files)) { first, _ in first }
    var misfits: [CheckpointFolderError.IndexMisfit] = []
    for (tensor, file) in index where places[file]?.contains(tensor) != true {
      misfits.append(.missing(tensor: tensor, file: file))
    }
    let expected = Dictionary(index.map { ($0.tensor, $0.file) }) { first, _ in first }
    for (name, file) in zip(names, files) {
      for tensor in file.names where expected[tensor] != name {
        misfits.append(.unexpected(tensor: tensor, file: name, expected: expected[tensor]))
      }
    }
    return misfits
  }
}
