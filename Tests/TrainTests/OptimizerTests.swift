import Checkpoint
import Files
import Model
import Tensor
import TestSupport
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
      try tensors.tensor(named: "\(prefix).\(entry.name)").copy(to: matrix(index).base, pool: pool)
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

  @Test(
    "Newton–Schulz brings every singular value of a matrix near 1", arguments: [(4, 4), (3, 40), (40, 3)])
  func orthogonalization(rows: Int, columns: Int) {
    var random = RandomSource(seed: 3, stream: "test")
    let storage = Storage(count: 3 * rows * columns + 2 * min(rows, columns) * min(rows, columns))
    let x = storage.matrix(rows: rows, columns: columns)
    for index in 0..<x.count { x.base[index] = random.normal() }
    MuonOptimizer(parameters, weightDecay: 0).orthogonalize(x, scratch: storage.base + x.count)
    let values = withExtendedLifetime(storage) { x.values.map(Double.init) }
    // On the shorter side, X·Xᵀ or Xᵀ·X, whose eigenvalues are the squares of the singular values.
    let short = min(rows, columns)
    let gram = (0..<short).map { i in
      (0..<short).map { j in
        (0..<max(rows, columns)).reduce(0) { sum, k in
          sum
            + (rows <= columns
              ? values[i * columns + k] * values[j * columns + k]
              : values[k * columns + i] * values[k * columns + j])
        }
      }
    }
    // A step maps a singular value by p(σ) = 3.4445·σ − 4.775·σ³ + 2.0315·σ⁵, whose extrema over 0.3 … 1.21 are
    // p(0.5545) = 1.2025 and p(1.0501) = 0.682: what has come so far stays between the two. Smaller ones grow up
    // to 3.4445-fold, so five steps bring all from 0.003 of the norm on there. 0.01 is for float32.
    #expect(isPositiveDefinite(gram, minus: 0.672 * 0.672, sign: 1))
    #expect(isPositiveDefinite(gram, minus: 1.2125 * 1.2125, sign: -1))
  }

  /// Whether ±(`matrix` − `shift`·I) is positive definite: its eigenvalues are all above `shift`, or all below.
  /// Cholesky's factorisation goes through for such matrices alone.
  private func isPositiveDefinite(_ matrix: [[Double]], minus shift: Double, sign: Double) -> Bool {
    var factor = matrix.map { row in row.map { _ in 0.0 } }
    for i in matrix.indices {
      for j in 0...i {
        let entry = sign * (matrix[i][j] - (i == j ? shift : 0))
        let rest = entry - (0..<j).reduce(0) { $0 + factor[i][$1] * factor[j][$1] }
        guard i == j else {
          factor[i][j] = rest / factor[j][j]
          continue
        }
        guard rest > 0 else { return false }
        factor[i][i] = rest.squareRoot()
      }
    }
    return true
  }
}
