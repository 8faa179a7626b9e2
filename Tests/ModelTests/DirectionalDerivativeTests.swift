import Tensor
import TestSupport
import Testing

@testable import Model

@Suite("Gradient of the whole decoder")
struct DirectionalDerivativeTests {
  struct Case: CustomTestStringConvertible {
    let family: String
    let dropout: Double
    var recomputes = false
    var holding = WeightHolding.float32

    var testDescription: String { "\(family) in \(holding), dropout \(dropout), recomputes \(recomputes)" }
  }

  private static let ids: [Int32] = [7, 200, 31, 31, 90, 255, 4, 118, 63]
  private static let labels: [Int32] = [-100, -100, 31, 31, 90, -100, 4, 118, 63]

  @Test(
    "The loss changes along a random direction of the adapter as the gradient says",
    arguments: [
      Case(family: "smollm2", dropout: 0), Case(family: "smollm2", dropout: 0.4),
      Case(family: "smollm2", dropout: 0.4, recomputes: true), Case(family: "qwen2", dropout: 0),
      Case(family: "qwen3", dropout: 0.4), Case(family: "smollm2", dropout: 0.4, holding: .q8),
      Case(family: "llama-linear", dropout: 0, holding: .q8),
    ])
  func directional(_ test: Case) throws {
    let pool = ThreadPool(threadCount: 2)
    let base = try BaseModel(path: Fixtures.model(test.family), holding: test.holding, pool: pool)
    let stored = try AdapterFolder.read(Fixtures.adapter(test.family), for: base.configuration)
    var shape = stored.configuration
    shape.dropout = test.dropout
    let adapter = LoRAAdapter(shape, for: base.configuration)
    adapter.parameters.values.base.update(
      from: stored.parameters.values.base, count: stored.parameters.values.count)

    let seed: UInt64 = 77
    let pass = PackedPass(
      base.decoder(adapter: adapter, maxPositions: 64, pool: pool), sequences: [Self.ids],
      purpose: .training(recomputesLayers: test.recomputes))
    let loss = pass.lossAndGradient(labels: [Self.labels], dropoutSeed: test.dropout > 0 ? seed : nil)

    var random = RandomSource(seed: 2, stream: "direction")
    func normal(like matrix: Matrix) -> DoubleDecoder.Rows {
      (0..<matrix.rows).map { _ in (0..<matrix.columns).map { _ in Double(random.normal()) } }
    }
    let direction = adapter.pairs.map { $0.map { $0.map { (a: normal(like: $0.a), b: normal(like: $0.b)) } } }
    var (slope, magnitude) = (0.0, 0.0)
    for case let (pair?, way?) in zip(adapter.pairs.joined(), direction.joined()) {
      for (gradient, way) in [(pair.dA, way.a), (pair.dB, way.b)] {
        for (g, u) in zip(DoubleDecoder.rows(gradient).joined(), way.joined()) {
          slope += g * u
          magnitude += abs(g * u)
        }
      }
    }
    withExtendedLifetime(adapter) {}

    var reference = DoubleDecoder(base, adapter: adapter)
    if test.dropout > 0 {
      reference.mask = { rows, columns, layer, projection in
        let storage = Storage(count: rows * columns)
        let ones = storage.matrix(rows: rows, columns: columns)
        ones.fill(1)
        let site = layer * Projection.allCases.count + projection.rawValue
        Dropout.forward(
          ones, into: ones, rate: Float(test.dropout),
          seed: ProjectionGroup.AdapterDropout.seed(seed, site: site), pool: pool)
        return withExtendedLifetime(storage) { DoubleDecoder.rows(ones) }
      }
    }
    let labelCount = Double(Self.labels.dropFirst().filter { $0 >= 0 }.count)
    func lossAt(_ step: Double) -> Double {
      var moved = reference
      moved.move(along: direction, by: step)
      return moved.loss(ids: Self.ids, labels: Self.labels) / labelCount
    }
    // Float32 against double: a hundred roundings of 2⁻²⁴ on the way through the layers.
    #expect(abs(loss - lossAt(0)) <= 100 * 0x1p-24 * loss)

    // Central differences err by step² times a third derivative, taken from two steps, and the float32 gradient by
    // a hundred roundings of each of its entries.
    let step = 1e-4
    let coarse = (lossAt(2 * step) - lossAt(-2 * step)) / (4 * step)
    let fine = (lossAt(step) - lossAt(-step)) / (2 * step)
    let bound = abs(coarse - fine) + 100 * 0x1p-24 * magnitude
    #expect(abs(fine - slope) <= bound)
    // The bound would notice one term in a thousand.
    #expect(bound <= 1e-3 * magnitude)
  }
}
