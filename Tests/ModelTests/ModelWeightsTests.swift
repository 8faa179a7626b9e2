import Checkpoint
import Files
import Tensor
import TestSupport
import Testing

@testable import Model

@Suite("Model weights")
struct ModelWeightsTests {
  /// A tied model of one layer, as `config.json` describes it.
  private let model = ModelConfiguration(
    vocabularySize: 8, hiddenSize: 4, intermediateSize: 6, layerCount: 1, headCount: 2, keyValueHeadCount: 1,
    contextLength: 16, endOfText: [0])

  /// Writes the model's tensors, changed by `edit` and 1 but for `twos`, and reads them as its weights.
  private func read(
    holding: WeightHolding = .float32, twos: [String] = [],
    _ edit: (inout [SafetensorsWriter.Declaration]) -> Void
  ) throws -> (folder: String, Result<ModelWeights, any Error>) {
    let folder = try TemporaryFolder()
    var tensors = model.tensorSpecifications.map {
      SafetensorsWriter.Declaration(name: $0.name, dtype: .bfloat16, shape: $0.shape)
    }
    edit(&tensors)
    var writer = try SafetensorsWriter(path: folder("model.safetensors"), tensors: tensors)
    // In bfloat16 0x3F80 is 1 and 0x4000 is 2.
    for tensor in tensors {
      let value: UInt16 = twos.contains(tensor.name) ? 0x4000 : 0x3F80
      try writer.append([UInt16](repeating: value, count: tensor.byteCount / 2))
    }
    try writer.commit()
    return (
      folder.path,
      Result {
        try ModelWeights(model, folder: folder.path, holding: holding, pool: ThreadPool(threadCount: 1))
      }
    )
  }

  /// A change of the tensors, and what is said of it behind the folder's name.
  struct Misfit: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let edit: @Sendable (inout [SafetensorsWriter.Declaration]) -> Void
    let message: String
  }

  static let misfits = [
    Misfit(
      testDescription: "a missing tensor", edit: { $0.removeAll { $0.name == "model.norm.weight" } },
      message: "tensor model.norm.weight is missing; config.json asks for shape [4]."
        + " Check that the folder is whole."),
    Misfit(
      testDescription: "another shape",
      edit: { $0[0] = .init(name: "model.embed_tokens.weight", dtype: .bfloat16, shape: [9, 4]) },
      message: "tensor model.embed_tokens.weight has shape [9, 4]; config.json asks for [8, 4]."
        + " Check that both files belong to one model."),
    Misfit(
      testDescription: "a vector stored as a matrix",
      edit: { $0[$0.count - 1] = .init(name: "model.norm.weight", dtype: .bfloat16, shape: [1, 4]) },
      message: "tensor model.norm.weight has shape [1, 4]; config.json asks for [4]."
        + " Check that both files belong to one model."),
    Misfit(
      testDescription: "an unknown tensor",
      edit: { $0.append(.init(name: "visual.weight", dtype: .bfloat16, shape: [2])) },
      message: "tensor visual.weight is not part of a llama model as config.json describes it."
        + " Choose a base without it."),
  ]

  @Test("A tensor that does not fit is named with what was found and expected", arguments: misfits)
  func misfit(_ misfit: Misfit) throws {
    let (folder, result) = try read(misfit.edit)
    let error = #expect(throws: ModelWeightsError.self) { try result.get() }
    #expect(error?.description == "\(folder): \(misfit.message)")
  }

  @Test("Every misfit is found, and twenty are shown")
  func many() throws {
    let (folder, result) = try read { tensors in
      for index in 10..<31 {
        tensors.append(.init(name: "extra.\(index)", dtype: .bfloat16, shape: []))
      }
    }
    let error = #expect(throws: ModelWeightsError.self) { try result.get() }
    #expect(error?.problems.count == 21)
    let lines = error?.description.split(separator: "\n") ?? []
    #expect(lines.count == 21)
    #expect(lines.last == "\(folder): and 1 more.")
  }

  @Test("A tied model's second copy of its embedding and stored rotary frequencies are read past")
  func ignored() throws {
    let weights = try read { tensors in
      tensors.append(.init(name: "lm_head.weight", dtype: .bfloat16, shape: [8, 4]))
      tensors.append(
        .init(name: "model.layers.0.self_attn.rotary_emb.inv_freq", dtype: .bfloat16, shape: [1]))
    }.1.get()
    #expect(weights.tensors.head.base == weights.tensors.embedding.base)
    // Embedding 32, query and output 16 each, key and value 8 each, three of 24, three gains of 4.
    #expect(weights.byteCount == 4 * (32 + 32 + 16 + 72 + 12))
    withExtendedLifetime(weights) { #expect(weights.tensors.finalNorm.base[3] == 1) }
  }

  @Test("A tied model with a head of its own is refused")
  func untied() throws {
    let (folder, result) = try read(twos: ["lm_head.weight"]) { tensors in
      tensors.append(.init(name: "lm_head.weight", dtype: .bfloat16, shape: [8, 4]))
    }
    let error = #expect(throws: ModelWeightsError.self) { try result.get() }
    #expect(
      error?.description
        == "\(folder): tensor lm_head.weight is not model.embed_tokens.weight, though config.json ties the two."
        + " Set tie_word_embeddings to false there if the model was trained with both.")
  }

  @Test("Matrices stay as they are stored or become what is asked for, and vectors are float32")
  func holding() throws {
    // The model has 152 values in matrices and 12 in vectors.
    let stored = try read(holding: .stored) { _ in }.1.get()
    #expect(stored.tensors.head.format == .bfloat16)
    #expect(stored.byteCount == 2 * 152 + 4 * 12)
    withExtendedLifetime(stored) { #expect(stored.tensors.finalNorm.base[3] == 1) }
    let wide = try read(holding: .float32) { _ in }.1.get()
    #expect(wide.tensors.head.format == .float32)
    let eight = try read(holding: .q8) { _ in }.1.get()
    #expect(eight.tensors.head.format == .q8)
    // Rows of 4 and of 6 values are padded to 64, with two scales of two bytes: 8 + 4 + 2 + 2 + 4 + 6 + 6 + 4 of them.
    #expect(eight.byteCount == 68 * 36 + 4 * 12)
    let packed = try read(holding: .bfloat16) { _ in }.1.get()
    #expect(packed.tensors.head.format == .bfloat16)
    let projections = packed.tensors.layers.flatMap(\.projections)
    #expect(projections.allSatisfy { $0.format == .bfloat16Panels })
    // A panel holds 32 rows: each projection is one of 4 or of 6 columns.
    let padded = projections.reduce(0) { $0 + 32 * $1.columns }
    let others = 152 - projections.reduce(0) { $0 + $1.rows * $1.columns }
    #expect(packed.byteCount == 2 * (padded + others) + 4 * 12)

    let path = Fixtures.model("llama")
    let configuration = try ModelConfiguration(contentsOf: "\(path)/config.json")
    let pool = ThreadPool(threadCount: 1)
    let exact = try ModelWeights(configuration, folder: path, holding: .stored, pool: pool)
    #expect(exact.tensors.head.format == .float32)
    let rounded = try ModelWeights(configuration, folder: path, holding: .bfloat16, pool: pool)
    let table = rounded.tensors.embedding
    #expect(table.format == .bfloat16)
    withExtendedLifetime((exact, rounded)) {
      let expected = exact.tensors.embedding.matrix.base[5]
      let bits = table.base.loadUnaligned(fromByteOffset: 10, as: UInt16.self)
      // Rounding to eight significant bits moves a value by at most 2⁻⁸ of it.
      #expect(abs(Float(bitPattern: UInt32(bits) << 16) - expected) <= abs(expected) * 0x1p-8)
    }
  }
}

extension SafetensorsWriter {
  fileprivate mutating func append(_ values: [UInt16]) throws {
    let bytes = values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) } }
    try bytes.withUnsafeBytes { try append($0) }
  }
}
