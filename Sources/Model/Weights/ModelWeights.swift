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

/// How the large matrices of a base are held in memory. Norm gains and biases are always float32.
public enum WeightHolding: Sendable {
  /// Rounded where that is asked for, else what a computation in `dtype` reads fastest; float32 takes what is stored
  /// where products can widen it.
  public init(for dtype: DType, quantization: WeightQuantization?) {
    self =
      quantization == .q8
      ? .q8 : dtype == .bfloat16 ? .bfloat16 : MatrixProduct.widensRightOperand ? .stored : .float32
  }

  /// As float32: read where the file is mapped if it stores float32, else widened once.
  case float32
  /// As bfloat16: the layers' projections in the panels that products multiply with, packed once; the others read where
  /// the file is mapped if it stores bfloat16, else rounded once.
  case bfloat16
  /// As the file stores them, read where it is mapped; binary16, which no product reads, is widened once.
  case stored
  /// In eight bits with a scale for each 32 values, rounded once: half the memory of bfloat16, and nearly twice its
  /// speed in drafting.
  case q8
  /// The same with one scale for each 64 × 64 values, for products in eight bits.
  case q8Tiled
  /// The bytes that so many values take, but for the padding of narrow rows; `stored` as if they were the widest.
  public func byteCount(values: Int) -> Int {
    switch self {
    case .float32, .stored: 4 * values
    case .bfloat16: 2 * values
    case .q8, .q8Tiled: values + values / 16
    }
  }
}

/// What the large matrices of a base can be rounded to.
public enum WeightQuantization: String, CaseIterable, Sendable {
  /// Eight bits a value and a scale for each 32 values.
  case q8
}

extension WeightHolding {
  /// How drafting holds them: rounded where that is asked for, else as they are stored.
  public init(drafting quantization: WeightQuantization?) {
    self = quantization == .q8 ? .q8 : .stored
  }
}

/// The frozen weights of a model, and the memory that they lie in.
public struct ModelWeights: Sendable {
  /// The tensors by their place in the decoder.
  public let tensors: DecoderTensors<WeightMatrix>
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
  public init(
    _ configuration: ModelConfiguration, folder: String, holding: WeightHolding = .float32, pool: ThreadPool
  ) throws {
    let checkpoint = try CheckpointFolder(path: folder)
    try ModelWeights.check(checkpoint, configuration, folder)

    var reader = TensorReader(pool: pool)
    tensors = try DecoderTensors(configuration) { specification in
      try reader.matrix(specification, checkpoint.tensor(named: specification.name), holding)
    } vectors: { specification in
      try reader.float32(specification, checkpoint.tensor(named: specification.name))
    }
    byteCount = reader.byteCount
    owner = Owner(checkpoint: checkpoint, copies: reader.copies)
  }

  /// Places tensors where they are mapped, or in copies that it keeps.
  private struct TensorReader {
    let pool: ThreadPool
    private(set) var copies: [Storage] = []
    private(set) var byteCount = 0

    init(pool: ThreadPool) { self.pool = pool }

    mutating func matrix(
      _ specification: TensorSpecification, _ view: TensorView, _ holding: WeightHolding
    ) -> WeightMatrix {
      let (rows, columns) = (specification.rows, specification.columns)
      if holding == .q8 || holding == .q8Tiled, let base = view.bytes.baseAddress {
        let format: WeightMatrix.Format = holding == .q8 ? .q8 : .q8Tiled
        let size = rows * WeightMatrix.rowBytes(columns: columns, format)
        let copy = Storage(count: (size + 3) / MemoryLayout<Float>.stride)
        let quantize = holding == .q8 ? Quantization.q8 : Quantization.q8Tiled
        quantize(base, view.dtype, rows, columns, copy.base, pool)
        view.release()
        byteCount += size
        copies.append(copy)
        return WeightMatrix(copy.base, rows: rows, columns: columns, format: format)
      }
      if holding == .bfloat16, specification.isProjection, let base = view.bytes.baseAddress {
        let size = WeightMatrix.byteCount(rows: rows, columns: columns, .bfloat16Panels)
        let copy = Storage(count: (size + 3) / MemoryLayout<Float>.stride)
        PanelPacking.bfloat16(
          from: base, dtype: view.dtype, rows: rows, columns: columns, into: copy.base, pool: pool)
        view.release()
        byteCount += size
        copies.append(copy)
        return WeightMatrix(copy.base, rows: rows, columns: columns, format: .bfloat16Panels)
      }
      let wantsBFloat16 = holding == .bfloat16 || (holding == .stored && view.dtype == .bfloat16)
      guard wantsBFloat16 else { return WeightMatrix(float32(specification, view)) }
      byteCount += 2 * rows * columns
      if view.dtype == .bfloat16, let base = view.bytes.baseAddress {
        // Safe because the mapping holds rows × columns values, as was checked, and outlives the tensors.
        return WeightMatrix(base, rows: rows, columns: columns, format: .bfloat16)
      }
      let wide = Storage(count: rows * columns)
      view.copy(to: wide.base, pool: pool)
      let copy = Storage(count: (rows * columns + 1) / 2)
      Conversion.narrow(wide.base, to: .bfloat16, into: copy.base, count: rows * columns, pool: pool)
      view.release()
      copies.append(copy)
      return WeightMatrix(copy.base, rows: rows, columns: columns, format: .bfloat16)
    }

    mutating func float32(_ specification: TensorSpecification, _ view: TensorView) -> Matrix {
      let (rows, columns) = (specification.rows, specification.columns)
      byteCount += rows * columns * MemoryLayout<Float>.stride
      if view.dtype == .float32, view.isAligned, let base = view.bytes.baseAddress {
        // Safe because the mapping holds rows × columns values, as was checked, and outlives the tensors.
        return Matrix(reading: base.assumingMemoryBound(to: Float.self), rows: rows, columns: columns)
      }
      let copy = Storage(count: rows * columns)
      view.copy(to: copy.base, pool: pool)
      view.release()
      copies.append(copy)
      return copy.matrix(rows: rows, columns: columns)
    }
  }

  private static func check(
    _ checkpoint: CheckpointFolder, _ configuration: ModelConfiguration, _ folder: String
  ) throws {
    let specifications = configuration.tensorSpecifications
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
      if name.hasSuffix("rotary_emb.inv_freq") { continue }
      if configuration.isTied, name == "lm_head.weight" {
        if try !isEmbedding(name, in: checkpoint) {
          problems.append(
            "tensor \(name) is not \(embeddingName), though config.json ties the two."
              + " Set tie_word_embeddings to false there if the model was trained with both.")
        }
        continue
      }
      problems.append(
        "tensor \(name) is not part of a \(configuration.family.rawValue) model as config.json describes it."
          + " Choose a base without it.")
    }
    guard problems.isEmpty else { throw ModelWeightsError(folder: folder, problems: problems) }
  }

  private static let embeddingName = "model.embed_tokens.weight"

  /// Whether a tensor is the embedding again. Where that is missing, this is for another message to say.
  private static func isEmbedding(_ name: String, in checkpoint: CheckpointFolder) throws -> Bool {
    guard checkpoint.contains(embeddingName) else { return true }
    return try checkpoint.tensor(named: name).holdsSame(as: checkpoint.tensor(named: embeddingName))
  }
}
