/// Why a folder holds no weights that can be read.
public struct CheckpointFolderError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Problem: Equatable, Sendable {
    /// There is no such folder or it cannot be listed.
    case notReadable
    /// There is no weight file of a known name.
    case noWeights
    /// There are weights only as a Python pickle, which is a program rather than data.
    case onlyPickled(String)
    /// The index lacks `weight_map`, or it is of another kind than a non-empty object.
    case weightMap(found: String)
    /// The index names something that is no safetensors file of the folder.
    case shardName(tensor: String, found: String)
    /// The index names files that are not in the folder.
    case missingShards([String])
    /// The index and the files disagree on which tensor is where.
    case index([IndexMisfit])
  }

  /// A tensor about whose place the index and the files disagree.
  public enum IndexMisfit: Equatable, Sendable {
    /// The file does not hold the tensor that the index places there.
    case missing(tensor: String, file: String)
    /// The file holds a tensor that the index places elsewhere or, where `expected` is nil, does not name.
    case unexpected(tensor: String, file: String, expected: String?)
  }

  /// The folder or the index in it.
  public let path: String
  /// What is wrong with it.
  public let problem: Problem

  /// `path: what was found; what was expected. What to do.`; more than one misfit follow a line each.
  public var description: String { "\(path): \(problem)" }
}

extension CheckpointFolderError.Problem: CustomStringConvertible {
  /// How many misfits or files are spelled out.
  static let shownItems = 8

  /// What was found, what was expected and what to do, without the path.
  public var description: String {
    switch self {
    case .notReadable:
      "found no folder that can be listed; expected a model folder. Check the path."
    case .noWeights:
      "found no weights; expected model.safetensors or model.safetensors.index.json. "
        + "Check the path or fetch the weights."
    case .onlyPickled(let name):
      "found only \(name); expected model.safetensors or model.safetensors.index.json. "
        + "Convert the weights with save_pretrained(folder, safe_serialization=True) of transformers."
    case .weightMap(let found):
      "found \(found) as weight_map; expected an object that gives each tensor its file. "
        + "Fetch the index again."
    case .shardName(let tensor, let found):
      "found \(found) as the file of tensor \"\(tensor)\"; "
        + "expected the name of a .safetensors file in the same folder. Fetch the index again."
    case .missingShards(let names):
      "found no \(Self.list(names, separator: ", ")); expected every file that the index names. "
        + "Fetch the missing files."
    case .index(let misfits):
      "found \(misfits.count == 1 ? "a tensor" : "\(misfits.count) tensors") out of place; "
        + "expected index and files to agree. Fetch the index and the files again, from one version.\n  "
        + Self.list(misfits.map(\.description), separator: "\n  ")
    }
  }

  private static func list(_ items: [String], separator: String) -> String {
    var shown = Array(items.prefix(shownItems))
    if items.count > shownItems { shown.append("and \(items.count - shownItems) more") }
    return shown.joined(separator: separator)
  }
}

extension CheckpointFolderError.IndexMisfit: CustomStringConvertible {
  /// The tensor and where it was or was not found.
  public var description: String {
    switch self {
    case .missing(let tensor, let file):
      "tensor \"\(tensor)\": not in \(file), where the index places it"
    case .unexpected(let tensor, let file, let expected?):
      "tensor \"\(tensor)\": in \(file), though the index places it in \(expected)"
    case .unexpected(let tensor, let file, nil):
      "tensor \"\(tensor)\": in \(file), though the index does not name it"
    }
  }
}
