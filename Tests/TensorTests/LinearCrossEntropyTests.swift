import CKernels
import Foundation
import Testing

@testable import Tensor

@Suite("LinearCrossEntropy") struct LinearCrossEntropyTests {
  struct Problem {
    let rows = 11, width = 12, vocabulary = 37
    let hidden: GuardedMatrix
    let head: HeldWeights
    let labels = (0..<11).map { Int32($0 * 17 % 37) }
    let weights: [Float] = (0..<11).map { $0 == 3 ? 0 : Float($0) / 4 }
    let scale: Float = 0.125

    init(_ format: WeightMatrix.Format = .float32) {
      head = HeldWeights(seed: 2, rows: vocabulary, columns: width, format: format)
      // Products in eight bits leave values as they are that are multiples of 1/127 of the largest of their row.
      let values = normalValues(11 * 12, seed: 1)
      let multiples = values.enumerated().map {
        $0 % 12 == 0 ? 127 : max(-127, min(127, ($1 * 40).rounded()))
      }
      hidden = GuardedMatrix(
        format == .q8Tiled ? multiples.map { $0 / 40 } : values, rows: 11, columns: 12)
    }

    /// losses, dHidden and dHead (on top of 1).
    func run(chunk: Int, weighted: Bool = true, threadCount: Int = 1) -> [[Float]] {
      let workspace = Workspace(byteCount: 1 << 16)
      let pool = ThreadPool(threadCount: threadCount)
      let scratch = LinearCrossEntropy.Scratch(workspace: workspace, chunk: chunk, head: head.matrix)
      let losses = GuardedMatrix(seed: 5, rows: 1, columns: rows)
      let dHidden = GuardedMatrix(seed: 6, rows: rows, columns: width)
      let dHead = GuardedMatrix([Float](repeating: 1, count: 37 * 12), rows: 37, columns: 12)
      labels.withUnsafeBufferPointer { labels in
        weights.withUnsafeBufferPointer { weights in
          LinearCrossEntropy.forwardBackward(
            hidden: hidden.matrix, head: head.matrix, labels: labels, weights: weighted ? weights : nil,
            scale: scale, losses: losses.base, dHidden: dHidden.matrix, dHead: dHead.matrix,
            scratch: scratch, pool: pool)
        }
      }
      withExtendedLifetime(workspace) {}
      #expect([hidden, losses, dHidden, dHead].allSatisfy { $0.guardsAreIntact })
      return [losses.values, dHidden.values, dHead.values]
    }

    func reference(weights: [Double]) -> (losses: [Double], dHidden: [Double], dHead: [Double]) {
      Reference.linearCrossEntropy(
        hidden: hidden.doubles, head: head.doubles, width: width, labels: labels.map(Int.init),
        weights: weights)
    }
  }

  // A logit is a sum of 12 products of normal values, below 30 in magnitude here: E = 14·30·u off. A loss has
  // two of them, and below 400u of its own (see the kernel's test).
  static let logitError = 14 * 30 * u
  static let lossError = 2 * logitError + 400 * u

  @Test(
    "losses and gradients agree with the reference over the values that the head holds",
    arguments: [true, false], [WeightMatrix.Format.float32, .bfloat16, .q8, .q8Tiled])
  func agreesWithReference(weighted: Bool, format: WeightMatrix.Format) {
    let problem = Problem(format)
    let weights = problem.weights.map { Double(problem.scale) * (weighted ? Double($0) : 1) }
    let expected = problem.reference(weights: weights)
    let actual = problem.run(chunk: 4, weighted: weighted)
    let constant = { (value: Double, count: Int) in [Double](repeating: value, count: count) }
    expectClose(actual[0], expected.losses, within: constant(LinearCrossEntropyTests.lossError, 11), "loss")
    // A gradient of a logit is at most its weight, with the loss's relative error; |head| and |hidden| are below
    // 4, and Σ|dz| over a row is at most twice its weight.
    let largest = weights.max() ?? 0
    // In eight bits each is rounded up or down to a multiple of 1/126 of the largest, of 37 that stand beside |head|.
    let step = format == .q8Tiled ? largest / 126 : 0
    let row = 2 * largest * 4 * (LinearCrossEntropyTests.lossError + 40 * u) + 37 * 4 * step
    expectClose(actual[1], expected.dHidden, within: constant(row, expected.dHidden.count), "dHidden")
    let ofHead = 11 * (row - 37 * 4 * step) + 2 * u
    expectClose(
      actual[2], expected.dHead.map { $0 + 1 }, within: constant(ofHead, expected.dHead.count), "dHead")
  }

  @Test("in eight bits the gradients of many rows add up to what they are, on any number of threads")
  func eightBitsOnAverage() {
    // Of 256 tokens the label's gradient is near -1 and the others' near 1/256, less than half a step of 1/126.
    let (rows, width, vocabulary) = (1024, 64, 256)
    let head = HeldWeights(seed: 1, rows: vocabulary, columns: width, format: .q8Tiled)
    let hidden = GuardedMatrix([Float](repeating: 0, count: rows * width), rows: rows, columns: width)
    func gradients(threadCount: Int) -> [Float] {
      let dHidden = GuardedMatrix(seed: 2, rows: rows, columns: width)
      let losses = GuardedMatrix(seed: 3, rows: 1, columns: rows)
      let workspace = Workspace(byteCount: 1 << 21)
      [Int32](repeating: 70, count: rows).withUnsafeBufferPointer { labels in
        LinearCrossEntropy.forwardBackward(
          hidden: hidden.matrix, head: head.matrix, labels: labels, weights: nil, scale: 1,
          losses: losses.base, dHidden: dHidden.matrix, dHead: nil,
          scratch: LinearCrossEntropy.Scratch(workspace: workspace, chunk: rows, head: head.matrix),
          pool: ThreadPool(threadCount: threadCount))
      }
      withExtendedLifetime(workspace) {}
      return dHidden.values
    }
    let (sums, values) = (gradients(threadCount: 2), head.doubles)
    for threadCount in [1, 3] { expectSameBits(gradients(threadCount: threadCount), sums) }
    for column in 0..<width {
      let weights: [Double] = (0..<vocabulary).map { values[$0 * width + column] }
      let expected: Double = weights.reduce(0, +) / 256 - weights[70]
      let total: Double = (0..<rows).reduce(0) { $0 + Double(sums[$1 * width + column]) }
      let mean = total / Double(rows)
      // Of a row's sum only the 63 tokens that share the label's group of 64 are far from a multiple: each is 0 or
      // 1/126·255/256, with a variance below a quarter of that squared.
      let squares: Double = weights[64..<128].reduce(0) { $0 + $1 * $1 }
      let deviation = (squares / (4 * 126 * 126) / Double(rows)).squareRoot()
      #expect(abs(mean - expected) <= 5 * deviation)
    }
  }

  @Test("chunks give what the whole gives", arguments: [1, 3, 4, 11, 64])
  func chunks(chunk: Int) {
    let problem = Problem()
    let (whole, cut) = (problem.run(chunk: 11), problem.run(chunk: chunk))
    // A row's sums do not depend on its neighbours, but BLAS may add up a smaller block in another order.
    for (index, error) in [LinearCrossEntropyTests.lossError, 1e-5, 1e-4].enumerated() {
      let bounds = [Double](repeating: error, count: whole[index].count)
      expectClose(cut[index], whole[index].map(Double.init), within: bounds)
    }
  }

  @Test("the forward alone gives the same losses")
  func forwardAlone() {
    let problem = Problem()
    let workspace = Workspace(byteCount: 1 << 16)
    let losses = GuardedMatrix(seed: 5, rows: 1, columns: 11)
    problem.labels.withUnsafeBufferPointer { labels in
      LinearCrossEntropy.forward(
        hidden: problem.hidden.matrix, head: problem.head.matrix, labels: labels, losses: losses.base,
        scratch: LinearCrossEntropy.Scratch(workspace: workspace, chunk: 4, head: problem.head.matrix),
        pool: ThreadPool(threadCount: 1))
    }
    withExtendedLifetime(workspace) {}
    expectSameBits(losses.values, problem.run(chunk: 4)[0])
    #expect(losses.guardsAreIntact)
  }

  @Test("no labelled row is no work")
  func empty() {
    let workspace = Workspace(byteCount: 1 << 12)
    let (hidden, head) = (
      Matrix(GuardedMatrix(row: [0]).base, rows: 0, columns: 4), GuardedMatrix(seed: 1, rows: 5, columns: 4)
    )
    let loss = GuardedMatrix(row: [7])
    LinearCrossEntropy.forwardBackward(
      hidden: hidden, head: WeightMatrix(head.matrix), labels: UnsafeBufferPointer(start: nil, count: 0),
      weights: nil,
      scale: 1, losses: loss.base, dHidden: hidden, dHead: nil,
      scratch: LinearCrossEntropy.Scratch(
        workspace: workspace, chunk: 2, head: WeightMatrix(head.matrix)),
      pool: ThreadPool(threadCount: 1))
    withExtendedLifetime(workspace) {}
    #expect(loss.values == [7])
  }

  @Test("the kernel agrees with the reference", arguments: KernelLevel.available, [1, 7, 16, 33, 9000])
  func kernel(level: KernelLevel, width: Int) {
    let run = { (level: KernelLevel) in
      let logits = GuardedMatrix(seed: 1, rows: 3, columns: width, scale: 8)
      let losses = GuardedMatrix(seed: 2, rows: 1, columns: 3)
      let alone = GuardedMatrix(seed: 2, rows: 1, columns: 3)
      let labels = [0, Int32(width - 1), Int32(width / 2)]
      lk_cross_entropy_f32(alone.base, logits.base, logits.stride, labels, 3, width, level.code)
      lk_cross_entropy_backward(
        losses.base, logits.rows, logits.base, logits.stride, labels, [1, 2, 0.5], 0.25, 3, width, level.code)
      #expect(logits.guardsAreIntact && losses.guardsAreIntact && alone.guardsAreIntact)
      expectSameBits(alone.values, losses.values)
      return (losses.values, logits.values)
    }
    let logits = GuardedMatrix(seed: 1, rows: 3, columns: width, scale: 8).doubles
    let (losses, gradients) = run(level)
    for row in 0..<3 {
      let z = Array(logits[row * width..<(row + 1) * width])
      let (label, weight) = ([0, width - 1, width / 2][row], [0.25, 0.5, 0.125][row])
      let total = Reference.logSumExp(z)
      let range = (z.max() ?? 0) - (z.min() ?? 0)
      // z − max is rounded once, the exponential is within 4u, and a partial sum has at most 4,096 / 16 terms.
      let error = (range + 4 + 260) * u
      let loss = total - z[label]
      expectClose([losses[row]], [loss], within: [error + loss * u + 0x1p-148], "loss")
      let p = z.map { exp($0 - total) }
      let expected = p.enumerated().map { weight * ($1 - ($0 == label ? 1 : 0)) }
      let bounds = p.enumerated().map {
        weight * ($1 * (2 * error + 8 * u) + ($0 == label ? 2 * u : 0)) + 0x1p-148
      }
      expectClose(Array(gradients[row * width..<(row + 1) * width]), expected, within: bounds, "gradient")
    }
    expectSameBits(losses, run(.scalar).0)
    expectSameBits(gradients, run(.scalar).1)
  }

  @Test("logits far apart and equal logits are both finite", arguments: KernelLevel.available)
  func extremes(level: KernelLevel) {
    let logits = GuardedMatrix([1e30, -1e30, 0, 2, 2, 2], rows: 2, columns: 3)
    let losses = GuardedMatrix(row: [0, 0])
    lk_cross_entropy_f32(losses.base, logits.base, logits.stride, [0, 1], 2, 3, level.code)
    #expect(losses.values == [0, Float(log(3.0))])
  }

  @Test("the reference's gradients are those of its losses")
  func finiteDifferences() {
    let problem = Problem()
    let weights = problem.weights.map(Double.init)
    let (hidden, head) = (problem.hidden.doubles, problem.head.doubles)
    let total = { (hidden: [Double], head: [Double]) in
      dot(
        weights,
        Reference.linearCrossEntropy(
          hidden: hidden, head: head, width: 12, labels: problem.labels.map(Int.init), weights: weights
        ).losses)
    }
    let expected = problem.reference(weights: weights)
    expectGradient(expected.dHidden, of: { total($0, head) }, at: hidden, scale: 100)
    expectGradient(expected.dHead, of: { total(hidden, $0) }, at: head, scale: 100)
  }
}
