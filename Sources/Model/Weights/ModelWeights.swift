import Checkpoint
import Tensor

/// What does not fit between a `config.json` and the tensors beside it.
public struct ModelWeightsError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The model's folder.
  public let folder: String
  /// Every misfit, naming the tensor, what was found and what was expected.
  public let problems: [String]

  /// One line a problem, each opening with the folder; the first twenty.
  public var description: String {
    let shown = problems.prefix(20).map { "\(folder): \($0)" }
    let rest =
      problems.count > 20 ? ["\(folder): and \(problems.count - 20) more."] : []
    return (shown + rest).joined(separator: "\n")
  }
}

/// The frozen weights of a model, and the memory that they lie in.
///
/// Tensors stored as float32 are read where the file is mapped. Those in half precision are widened once, because
/// OpenBLAS multiplies float32.
public struct ModelWeights: Sendable {
  /// The tensors by their place in the decoder.
  public let tensors: DecoderTensors
  /// Whatever the tensors point into; a decoder must keep it.
  public let owner: any Sendable
  /// The bytes that the tensors take in memory, mapped and copied ones together.
  public let byteCount: Int

  private struct Owner: Sendable {
    let checkpoint: CheckpointFolder
    let copies: [Storage]
  }

  /// Reads the weights that `configuration` asks for from a folder of safetensors files.
  ///
  /// - Throws: `ModelWeightsError` with every missing, misshapen or unknown tensor; the checkpoint's own errors.
  public init(_ configuration: ModelConfiguration, folder: String, pool: ThreadPool) throws {
    let checkpoint = try CheckpointFolder(path: folder)
    let specifications = DecoderTensors.specifications(of: configuration)
    try ModelWeights.check(checkpoint, against: specifications, configuration, folder)

    var copies: [Storage] = []
    tensors = try DecoderTensors(configuration) { specification in
      let view = try checkpoint.tensor(named: specification.name)
      if view.dtype == .float32, view.isAligned, let base = view.bytes.baseAddress {
        // Safe because the mapping holds `rows` × `columns` float32 values, checked above, and is owned below.
        return Matrix(
          reading: base.assumingMemoryBound(to: Float.self), rows: specification.rows,
          columns: specification.columns)
      }
      let copy = Storage(count: specification.rows * specification.columns)
      view.copy(to: copy.base, pool: pool)
      copies.append(copy)
      return copy.matrix(rows: specification.rows, columns: specification.columns)
    }
    byteCount = specifications.reduce(0) { $0 + $1.rows * $1.columns * MemoryLayout<Float>.stride }
    owner = Owner(checkpoint: checkpoint, copies: copies)
  }

  private static func check(
    _ checkpoint: CheckpointFolder, against specifications: [DecoderTensors.Specification],
    _ configuration: ModelConfiguration, _ folder: String
  ) throws {
    var problems: [String] = []
    for specification in specifications {
      guard checkpoint.contains(specification.name) else {
        problems.append(
          "tensor \(specification.name) is missing; config.json asks for shape \(specification.shape)."
            + " Check that the folder is whole.")
        continue
      }
      let view = try checkpoint.tensor(named: specification.name)
      if view.shape != specification.shape {
        problems.append(
          "tensor \(specification.name) has shape \(view.shape); config.json asks for \(specification.shape)."
            + " Check that both files belong to one model.")
      }
    }
    let expected = Set(specifications.map(\.name))
    for name in checkpoint.names where !expected.contains(name) {
      // Old checkpoints store the rotary frequencies, and tied ones a second copy of the embedding.
      if name.hasSuffix("rotary_emb.inv_freq") || (configuration.isTied && name == "lm_head.weight") {
        continue
      }
      problems.append(
        "tensor \(name) is not part of a \(configuration.family.rawValue) model as config.json describes it."
          + " Choose a base without it.")
    }
    guard problems.isEmpty else { throw ModelWeightsError(folder: folder, problems: problems) }
  }
}
