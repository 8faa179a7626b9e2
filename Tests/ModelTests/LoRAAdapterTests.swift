import Files
import Tensor
import TestSupport
import Testing

@testable import Model

@Suite("LoRA adapter")
struct LoRAAdapterTests {
  private let pool = ThreadPool(threadCount: 2)

  private func logits(_ base: BaseModel, _ adapter: LoRAAdapter?) -> [Float] {
    let ids: [[Int32]] = [[5, 80, 80, 2, 300, 9], [1, 7]]
    return PackedPass(
      base.decoder(adapter: adapter, maxPositions: 64, pool: pool), sequences: ids, purpose: .inference
    ).logits()
  }

  @Test(
    "A fresh adapter changes no logit, and a moved one does",
    arguments: TransformersParityTests.families, [[Projection.value], Projection.allCases])
  func fresh(family: String, targets: [Projection]) throws {
    let base = try BaseModel(path: Fixtures.model(family), pool: pool)
    let adapter = LoRAAdapter(LoRAConfiguration(rank: 3, targets: targets), for: base.configuration)
    adapter.initialize(seed: 1)
    let plain = logits(base, nil)
    #expect(logits(base, adapter) == plain)
    adapter.pairs.joined().lazy.compactMap(\.self).first?.b.base[0] = 1
    #expect(logits(base, adapter) != plain)
  }

  @Test("It trains rank · (in + out) values for each target of each layer", arguments: [1, 5])
  func count(rank: Int) throws {
    let base = try BaseModel(path: Fixtures.model("qwen3"), pool: pool)
    // C = 32, H·D = 60, K·D = 20, F = 72 and two layers.
    let widths: [Projection: Int] = [
      .query: 32 + 60, .key: 32 + 20, .value: 32 + 20, .output: 60 + 32, .gate: 32 + 72, .up: 32 + 72,
      .down: 72 + 32,
    ]
    for targets in [Projection.allCases, [.query, .value], [.down]] {
      let adapter = LoRAAdapter(LoRAConfiguration(rank: rank, targets: targets), for: base.configuration)
      let expected = targets.reduce(0) { $0 + 2 * rank * (widths[$1] ?? 0) }
      #expect(adapter.parameters.parameterCount == expected)
    }
  }

  @Test("A starts uniform in ±1/√in and B zero, from the seed alone")
  func initialization() throws {
    let base = try BaseModel(path: Fixtures.model("smollm2"), pool: pool)
    func fresh(_ seed: UInt64) -> LoRAAdapter {
      let adapter = LoRAAdapter(LoRAConfiguration(rank: 8), for: base.configuration)
      adapter.initialize(seed: seed)
      return adapter
    }
    func values(_ matrix: Matrix) -> [Float] {
      Array(UnsafeBufferPointer(start: matrix.base, count: matrix.count))
    }
    let adapter = fresh(3)
    defer { withExtendedLifetime(adapter) {} }
    for case let pair? in adapter.pairs.joined() {
      let scaled = values(pair.a).map { Double($0) * Double(pair.a.columns).squareRoot() }
      #expect(scaled.allSatisfy { abs($0) <= 1 + 1e-6 })
      // The mean square of n uniform values in ±1 is 1/3 with a deviation of √(4/45/n); five of them.
      let meanSquare = scaled.reduce(0) { $0 + $1 * $1 } / Double(scaled.count)
      #expect(abs(meanSquare - 1.0 / 3) <= 5 * (4.0 / 45 / Double(scaled.count)).squareRoot())
      #expect(values(pair.b).allSatisfy { $0 == 0 })
    }
    func all(_ adapter: LoRAAdapter) -> [Float] {
      let values = adapter.parameters.values
      return Array(UnsafeBufferPointer(start: values.base, count: values.count))
    }
    #expect(all(fresh(3)) == all(fresh(3)))
    #expect(all(fresh(3)) != all(fresh(4)))
  }

  @Test("A written folder read back is the same adapter with the same logits", arguments: [false, true])
  func roundTrip(isRankStabilized: Bool) throws {
    let parent = try TemporaryFolder()
    let folder = parent("adapter")
    let base = try BaseModel(path: Fixtures.model("qwen2"), pool: pool)
    let configuration = LoRAConfiguration(
      rank: 3, alpha: 4.5, dropout: 0.125, targets: [.query, .up, .down], isRankStabilized: isRankStabilized)
    let adapter = LoRAAdapter(configuration, for: base.configuration)
    var random = RandomSource(seed: 8, stream: "test")
    for index in adapter.parameters.entries.indices {
      let value = adapter.parameters.value(index)
      for element in 0..<value.count { value.base[element] = random.normal() / 10 }
    }
    try AdapterFolder.write(adapter, to: folder, base: base.path)
    let read = try AdapterFolder.read(folder, for: base.configuration)
    #expect(read.configuration == configuration)
    #expect(logits(base, read) == logits(base, adapter))
    #expect(logits(base, read) != logits(base, nil))
  }

  @Test("An adapter with values that are not finite is refused, every tensor with one named")
  func notFinite() throws {
    let folder = try TemporaryFolder()
    let base = try BaseModel(path: Fixtures.model("smollm2"), pool: pool)
    let adapter = LoRAAdapter(LoRAConfiguration(rank: 2, targets: [.query]), for: base.configuration)
    for (index, value) in [(0, Float.nan), (3, -.infinity)] {
      let tensor = adapter.parameters.value(index)
      tensor.base[tensor.count - 1] = value
    }
    try AdapterFolder.write(adapter, to: folder.path, base: base.path)
    let error = #expect(throws: AdapterError.self) {
      try AdapterFolder.read(folder.path, for: base.configuration)
    }
    let names = [0, 3].map { adapter.parameters.entries[$0].name }
    #expect(
      error?.problems
        == names.map {
          "tensor \($0) holds NaN or infinity; expected finite numbers. Train the adapter again."
        })
  }

  @Test(
    "An adapter that is only pickled is refused with how to convert it, and one without weights with its path"
  )
  func pickled() throws {
    let folder = try TemporaryFolder()
    let base = try BaseModel(path: Fixtures.model("smollm2"), pool: pool)
    try folder.put(
      String(
        contentsOfFile: "\(Fixtures.adapter("smollm2"))/adapter_config.json", encoding: .utf8),
      as: "adapter_config.json")
    let missing = #expect(throws: FileError.self) {
      try AdapterFolder.read(folder.path, for: base.configuration)
    }
    #expect(missing?.path == folder("adapter_model.safetensors"))
    try folder.put("", as: "adapter_model.bin")
    let error = #expect(throws: AdapterError.self) {
      try AdapterFolder.read(folder.path, for: base.configuration)
    }
    #expect(
      error?.description
        == "\(folder.path): found only adapter_model.bin; expected adapter_model.safetensors. Convert the adapter with"
        + " save_pretrained(folder, safe_serialization=True) of PEFT.")
  }

  @Test("Modules given by a pattern are those of the tensors, and one that leaves out a layer is refused")
  func pattern() throws {
    let folder = try TemporaryFolder()
    let base = try BaseModel(path: Fixtures.model("smollm2"), pool: pool)
    let adapter = LoRAAdapter(LoRAConfiguration(rank: 2, targets: [.key, .up]), for: base.configuration)
    try AdapterFolder.write(adapter, to: folder.path, base: base.path)
    let settings = try folder.content(of: "adapter_config.json")
    var object = try #require(try JSONParser.parse(settings).objectValue)
    object["target_modules"] = #".*\.(k_proj|up_proj)"#
    try folder.put(JSONWriter.string(of: .object(object)), as: "adapter_config.json")
    #expect(
      try AdapterFolder.read(folder.path, for: base.configuration).configuration == adapter.configuration)

    var deeper = base.configuration
    deeper.layerCount += 1
    let error = #expect(throws: AdapterError.self) { try AdapterFolder.read(folder.path, for: deeper) }
    #expect(
      error?.problems.first
        == "tensor base_model.model.model.layers.3.self_attn.k_proj.lora_A.weight is missing; expected shape [2, 48]."
        + " Check that the folder is whole, and that the adapter is for every layer.")
    #expect(error?.problems.count == 4)
  }

  @Test("An adapter of another shape is refused, every misfit named")
  func misfit() throws {
    let folder = Fixtures.adapter("smollm2-attention")
    let base = try BaseModel(path: Fixtures.model("qwen3"), pool: pool)
    let error = #expect(throws: AdapterError.self) {
      try AdapterFolder.read(folder, for: base.configuration)
    }
    let lines = try #require(error).description.split(separator: "\n")
    // Three layers there, two here: both tensors of two projections of the third, and eight of another width.
    #expect(lines.count == 12)
    #expect(
      lines[0]
        == "\(folder)/adapter_model.safetensors: tensor base_model.model.model.layers.2.self_attn.q_proj"
        + ".lora_A.weight fits nothing in this model. Check that the adapter was made for this base.")
    #expect(
      lines.contains(
        "\(folder)/adapter_model.safetensors: tensor base_model.model.model.layers.0.self_attn.q_proj"
          + ".lora_A.weight has shape [4, 48]; expected [4, 32]."
          + " Check that the adapter was made for this base."))
  }
}
