import Checkpoint
import Files
import Model
import Tensor
import Testing

@testable import Train

/// The optimizers against PyTorch's, on tensors whose gradients span six orders of magnitude.
@Suite("Optimizers")
struct OptimizerTests {
  private let manifest: JSONValue
  private let tensors: SafetensorsFile
  private let parameters: ParameterSet
  private let pool = ThreadPool(threadCount: 2)

  init() throws {
    manifest = try JSONParser.parse(contentsOf: Fixtures.reference("optimizers/optimizers.json"))
    tensors = try SafetensorsFile(path: Fixtures.reference("optimizers/optimizers.safetensors"))
    let shapes = try #require(manifest["shapes"]?.objectValue)
    parameters = ParameterSet(
      try shapes.members.map { name, json in
        let shape = (json.arrayValue ?? []).compactMap(\.intValue)
        let columns = try #require(shape.last)
        return (name, shape.count == 2 ? shape[0] : 1, columns, shape.count == 1)
      })
  }

  private func number(_ name: String) throws -> Double { try #require(manifest[name]?.doubleValue) }

  private func load(_ prefix: String, into matrix: (Int) -> Matrix) throws {
    for (index, entry) in parameters.entries.enumerated() {
      try tensors.tensor(named: "\(prefix).\(entry.name)").copy(to: matrix(index).base)
    }
  }

  /// Takes the reference's steps and compares where they end.
  private func expectParity(_ optimizer: any Optimizer, with name: String) throws {
    try load("initial", into: parameters.value)
    let scale = Float(try number("gradientScale"))
    for (step, rate) in try #require(manifest["rates"]?.arrayValue).enumerated() {
      try load("gradient.\(step)", into: parameters.gradient)
      optimizer.update(learningRate: try #require(rate.doubleValue), gradientScale: scale, pool: pool)
    }
    #expect(optimizer.step == 6)
    for (index, entry) in parameters.entries.enumerated() {
      let initial = try Fixtures.values("initial.\(entry.name)", of: tensors)
      let final = try Fixtures.values("\(name).\(entry.name)", of: tensors)
      // Six steps of some twenty roundings each, of values up to 3 and movements up to 0.5: 120 · 2⁻²⁴ · 3.
      // Movements are at least a hundredth, so a wrong term shows.
      #expect(largestDifference(final, initial) >= 0.01)
      #expect(
        largestDifference(parameters.value(index).values, final) <= 360 * 0x1p-24, "\(entry.name)")
    }
  }

  @Test("AdamW equals torch.optim.AdamW, vectors without decay")
  func adamW() throws {
    try expectParity(AdamWOptimizer(parameters, weightDecay: try number("weightDecay")), with: "adamw")
  }

  @Test("Muon equals torch.optim.Muon in the layers' matrices and AdamW elsewhere")
  func muon() throws {
    try expectParity(MuonOptimizer(parameters, weightDecay: try number("weightDecay")), with: "muon")
  }

  @Test("Newton–Schulz brings the singular values of a matrix near 1", arguments: [(4, 4), (3, 40), (40, 3)])
  func orthogonalization(rows: Int, columns: Int) {
    var random = RandomSource(seed: 3, stream: "test")
    let storage = Storage(count: 3 * rows * columns + 2 * min(rows, columns) * min(rows, columns))
    let x = storage.matrix(rows: rows, columns: columns)
    for index in 0..<x.count { x.base[index] = random.normal() }
    MuonOptimizer(parameters, weightDecay: 0).orthogonalize(x, scratch: storage.base + x.count)
    // The mean square of the singular values is the squared norm over their number; each lies in 0.7 … 1.2.
    let values = withExtendedLifetime(storage) { x.values }
    let meanSquare = values.reduce(0) { $0 + Double($1) * Double($1) } / Double(min(rows, columns))
    #expect(meanSquare >= 0.49 && meanSquare <= 1.44)
  }
}
