import Testing

@testable import Tensor

/// Every operator gives the same bits on any number of threads.
@Suite("Thread count") struct ThreadCountTests {
  typealias Operator = @Sendable (ThreadPool) -> [[Float]]

  // Large enough that every operator is cut into several tasks, of unequal size.
  static let (rows, width) = (331, 400)

  static func matrix(_ seed: UInt64, _ rows: Int = rows, _ columns: Int = width) -> GuardedMatrix {
    GuardedMatrix(seed: seed, rows: rows, columns: columns)
  }

  static let operators: [(name: String, run: Operator)] = [
    (
      "add",
      { pool in
        let (x, y) = (matrix(1), matrix(2))
        Elementwise.add(x.matrix, to: y.matrix, pool: pool)
        return [y.values]
      }
    ),
    (
      "addBias",
      { pool in
        let (y, bias) = (matrix(1), matrix(2, 1))
        Elementwise.addBias(bias.base, to: y.matrix, pool: pool)
        return [y.values]
      }
    ),
    (
      "sumRows",
      { pool in
        let (x, sums) = (matrix(1), matrix(2, 1))
        Elementwise.sumRows(x.matrix, addingTo: sums.base, pool: pool)
        return [sums.values]
      }
    ),
    (
      "sumOfSquares",
      { pool in
        let x = GuardedMatrix(row: normalValues(200_001, seed: 3))
        let sum = Reduction.sumOfSquares(x.base, count: 200_001, pool: pool)
        return [
          [
            Float(bitPattern: UInt32(sum.bitPattern >> 32)),
            Float(bitPattern: UInt32(sum.bitPattern & 0xffff_ffff)),
          ]
        ]
      }
    ),
    (
      "embedding",
      { pool in
        let (table, y, dTable) = (matrix(1), matrix(2, 200), matrix(3))
        let ids = (0..<200).map { Int32($0 * $0 % 50) }
        ids.withUnsafeBufferPointer { ids in
          Embedding.forward(table: WeightMatrix(table.matrix), ids: ids, into: y.matrix, pool: pool)
          Embedding.backward(addingTo: dTable.matrix, dy: y.matrix, ids: ids, pool: pool)
          Gather.scatterRows(
            of: y.matrix.rows(0..<7), at: UnsafeBufferPointer(rebasing: ids[0..<7]), into: table.matrix,
            pool: pool)
        }
        return [y.values, dTable.values, table.values]
      }
    ),
    (
      "RMSNorm",
      { pool in
        let (x, y, gain, rstd) = (matrix(1), matrix(2), matrix(3, 1), matrix(4, 1, rows))
        let (added, overwritten, dGain) = (matrix(5), matrix(6), matrix(7, 1))
        RMSNorm.forward(x.matrix, gain: gain.base, epsilon: 1e-6, into: y.matrix, rstd: rstd.base, pool: pool)
        RMSNorm.backward(
          addingTo: added.matrix, dy: y.matrix, x: x.matrix, rstd: rstd.base, gain: gain.base, pool: pool)
        RMSNorm.backward(
          into: overwritten.matrix, dy: y.matrix, x: x.matrix, rstd: rstd.base, gain: gain.base, pool: pool)
        RMSNorm.gainGradient(addingTo: dGain.base, dy: y.matrix, x: x.matrix, rstd: rstd.base, pool: pool)
        return [y, rstd, added, overwritten, dGain].map(\.values)
      }
    ),
    (
      "rotary",
      { pool in
        let x = matrix(1)
        let table = RotaryTable(inverseFrequencies: (0..<10).map { 1 / Float($0 + 1) }, maxPositions: rows)
        (0..<Int32(rows)).map { $0 }.withUnsafeBufferPointer { positions in
          RotaryEmbedding.apply(
            to: x.matrix, headDimension: 20, positions: positions, table: table, inverse: false, pool: pool)
        }
        return [x.values]
      }
    ),
    (
      "SwiGLU",
      { pool in
        let (gate, up, h, dGate, dUp) = (matrix(1), matrix(2), matrix(3), matrix(4), matrix(5))
        SwiGLU.forward(gate: gate.matrix, up: up.matrix, into: h.matrix, pool: pool)
        SwiGLU.backward(
          dGate: dGate.matrix, dUp: dUp.matrix, h: h.matrix, dh: h.matrix, gate: gate.matrix, up: up.matrix,
          pool: pool)
        return [h.values, dGate.values, dUp.values]
      }
    ),
    (
      "dropout",
      { pool in
        let y = matrix(1)
        Dropout.forward(y.matrix, into: y.matrix, rate: 0.4, seed: 3, pool: pool)
        return [y.values]
      }
    ),
    (
      "AdamW",
      { pool in
        let count = 100_003
        let (p, g) = (
          GuardedMatrix(row: normalValues(count, seed: 1)), GuardedMatrix(row: normalValues(count, seed: 2))
        )
        let (m, v) = (
          GuardedMatrix(row: normalValues(count, seed: 3)),
          GuardedMatrix(row: normalValues(count, seed: 4).map(abs))
        )
        AdamW.update(
          parameters: p.base, gradients: g.base, firstMoments: m.base, secondMoments: v.base, count: count,
          learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, step: 3,
          gradientScale: 1, pool: pool)
        return [p.values, m.values, v.values]
      }
    ),
    (
      "GEMM",
      { pool in
        let (a, b, c) = (matrix(1), matrix(2, width, 300), matrix(3, rows, 300))
        GEMM.multiply(a.matrix, b.matrix, into: c.matrix, beta: 1, pool: pool)
        return [c.values]
      }
    ),
    (
      "cross-entropy",
      { pool in
        let (hidden, head, dHidden, dHead) = (matrix(1, 50), matrix(2, 2000), matrix(3, 50), matrix(4, 2000))
        let losses = matrix(5, 1, 50)
        let workspace = Workspace(byteCount: 1 << 20)
        (0..<50).map { Int32($0 * 31) }.withUnsafeBufferPointer { labels in
          LinearCrossEntropy.forwardBackward(
            hidden: hidden.matrix, head: WeightMatrix(head.matrix), labels: labels, weights: nil, scale: 0.1,
            losses: losses.base, dHidden: dHidden.matrix, dHead: dHead.matrix,
            scratch: LinearCrossEntropy.Scratch(
              workspace: workspace, chunk: 32, head: WeightMatrix(head.matrix)),
            pool: pool)
        }
        withExtendedLifetime(workspace) {}
        return [losses.values, dHidden.values, dHead.values]
      }
    ),
    (
      "attention in blocks",
      { pool in
        AttentionProblem(heads: 4, keyValueHeads: 2, headDimension: 8, lengths: [1, 520, 65, 7])
          .run(threadCount: pool.threadCount, usesStrips: false).all.map(\.values)
      }
    ),
    (
      "attention in strips",
      { pool in
        AttentionProblem(heads: 4, keyValueHeads: 2, headDimension: 8, lengths: [1, 520, 65, 7])
          .run(threadCount: pool.threadCount, usesStrips: true).all.map(\.values)
      }
    ),
    (
      "attention in bfloat16",
      { pool in
        AttentionProblem(heads: 4, keyValueHeads: 2, headDimension: 8, lengths: [1, 520, 65, 7])
          .runHalf(threadCount: pool.threadCount).values
      }
    ),
  ]

  @Test("one, two, three and five threads give the same bits", arguments: operators.map(\.name))
  func sameBits(name: String) throws {
    let run = try #require(ThreadCountTests.operators.first { $0.name == name }).run
    let expected = run(ThreadPool(threadCount: 1))
    for threadCount in [2, 3, 5] {
      let actual = run(ThreadPool(threadCount: threadCount))
      for (found, wanted) in zip(actual, expected) {
        expectSameBits(found, wanted, "\(threadCount) threads, element")
      }
    }
  }
}
