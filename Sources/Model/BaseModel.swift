import Checkpoint
import Files
import Foundation
import Tensor
import Tokenizer

/// A base model's folder in the Hugging Face layout, read: configuration, tokenizer and frozen weights.
public struct BaseModel: Sendable {
  /// The folder.
  public let path: String
  /// The model's shape. Its end-of-text tokens include those of `generation_config.json`.
  public let configuration: ModelConfiguration
  /// Text to tokens and back.
  public let tokenizer: TextTokenizer
  /// The frozen weights.
  public let weights: ModelWeights

  /// Reads the folder.
  ///
  /// - Parameter holding: how the weights are held; what multiplies them reads some kinds faster than others.
  /// - Throws: the errors of its parts; each names its file and what to do.
  public init(path: String, holding: WeightHolding = .float32, pool: ThreadPool) throws {
    self.path = path
    var configuration = try ModelConfiguration(contentsOf: "\(path)/config.json")
    let generation = "\(path)/generation_config.json"
    if FileManager.default.fileExists(atPath: generation) {
      configuration.addStops(from: try JSONParser.parse(contentsOf: generation))
    }
    tokenizer = try TextTokenizer(folder: path)
    if configuration.endOfText.isEmpty, let end = tokenizer.endOfTextID { configuration.endOfText = [end] }
    guard tokenizer.vocabularySize <= configuration.vocabularySize else {
      throw ModelConfigurationError(
        file: "\(path)/config.json",
        problems: [
          "vocab_size is \(configuration.vocabularySize); expected at least \(tokenizer.vocabularySize), the"
            + " ids of tokenizer.json. Check that both files belong to one model."
        ])
    }
    self.configuration = configuration
    weights = try ModelWeights(configuration, folder: path, holding: holding, pool: pool)
  }

  /// A decoder over these weights.
  ///
  /// - Parameters:
  ///   - dtype: the type in which it computes.
  ///   - maxPositions: the longest sequence that it will see.
  public func decoder(
    adapter: LoRAAdapter?, dtype: DType = .float32, maxPositions: Int, pool: ThreadPool
  ) -> Decoder {
    Decoder(
      configuration, weights: weights.tensors, owner: weights.owner, adapter: adapter, dtype: dtype,
      maxPositions: maxPositions, pool: pool)
  }

  /// The SHA-256 of what makes this base this base: configuration and weights.
  public func fingerprint() throws -> Fingerprint {
    try BaseModel.fingerprint(path: path)
  }

  /// The fingerprint of the base in a folder.
  public static func fingerprint(path: String) throws -> Fingerprint {
    let weights = try CheckpointFolder(path: path).fingerprint()
    var fingerprinter = Fingerprinter()
    fingerprinter.append(try MappedFile(path: "\(path)/config.json"))
    Array(weights.hex.utf8).withUnsafeBytes { fingerprinter.append($0) }
    return fingerprinter.finish()
  }

  /// The embedded base: `data/base` in the working folder or the nearest folder above it that has one, else
  /// above the program, so that it is found wherever the command is run from.
  public static func embeddedPath() -> String? {
    let files = FileManager.default
    // Linux names the program itself; the first argument does so only where it was typed with its folder.
    let program =
      (try? files.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments.first ?? ""
    let folder = URL(fileURLWithPath: program).resolvingSymlinksInPath().deletingLastPathComponent()
    return embeddedPath(from: [URL(fileURLWithPath: files.currentDirectoryPath), folder])
  }

  /// The first `data/base` in one of the folders or above it, the first folder first.
  static func embeddedPath(from starts: [URL]) -> String? {
    let files = FileManager.default
    for start in starts {
      var folder = start.standardizedFileURL
      while true {
        let candidate = folder.appendingPathComponent("data/base")
        if files.fileExists(atPath: candidate.appendingPathComponent("config.json").path) {
          return candidate.path
        }
        let parent = folder.deletingLastPathComponent().standardizedFileURL
        if parent.path == folder.path || folder.path == "/" { break }
        folder = parent
      }
    }
    return nil
  }
}
