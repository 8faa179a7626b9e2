import Benchmark
import Model
import Tensor

/// Random values in memory that lives as long as the program.
func randomMatrix(rows: Int, columns: Int, seed: UInt64) -> Matrix {
  let storage = Unmanaged.passRetained(Storage(count: rows * columns)).takeUnretainedValue()
  var random = RandomSource(seed: seed, stream: "benchmark")
  for index in 0..<storage.count { storage.base[index] = random.normal() }
  return storage.matrix(rows: rows, columns: columns)
}

/// Registers forward and backward of each operator of a decoder layer.
func registerOperators(tokens: Int, shape: ModelConfiguration, pool: ThreadPool) {
  let (c, f, d) = (shape.hiddenSize, shape.intermediateSize, shape.headDimension)
  let (queryWidth, keyWidth) = (shape.headCount * d, shape.keyValueHeadCount * d)
  let x = randomMatrix(rows: tokens, columns: c, seed: 1)
  let dx = randomMatrix(rows: tokens, columns: c, seed: 2)
  let y = randomMatrix(rows: tokens, columns: c, seed: 3)
  let wide = randomMatrix(rows: tokens, columns: f, seed: 4)
  let gate = randomMatrix(rows: tokens, columns: f, seed: 5)
  let up = randomMatrix(rows: tokens, columns: f, seed: 6)
  let weight = randomMatrix(rows: f, columns: c, seed: 7)
  let gain = randomMatrix(rows: 1, columns: c, seed: 8)
  let rstd = randomMatrix(rows: tokens, columns: 1, seed: 9)

  benchmark("gemm.forward.\(tokens)x\(c)x\(f)") {
    GEMM.multiply(x, weight, transposeB: true, into: wide, pool: pool)
  }
  benchmark("gemm.input-gradient.\(tokens)x\(f)x\(c)") { GEMM.multiply(wide, weight, into: dx, pool: pool) }
  benchmark("rmsnorm.forward.\(tokens)x\(c)") {
    RMSNorm.forward(x, gain: gain.base, epsilon: 1e-5, into: y, rstd: rstd.base, pool: pool)
  }
  benchmark("rmsnorm.backward.\(tokens)x\(c)") {
    RMSNorm.backward(addingTo: dx, dy: y, x: x, rstd: rstd.base, gain: gain.base, pool: pool)
  }
  benchmark("swiglu.forward.\(tokens)x\(f)") { SwiGLU.forward(gate: gate, up: up, into: wide, pool: pool) }
  benchmark("swiglu.backward.\(tokens)x\(f)") {
    SwiGLU.backward(dGate: gate, dUp: up, dh: wide, gate: gate, up: up, pool: pool)
  }

  let q = randomMatrix(rows: tokens, columns: queryWidth, seed: 10)
  let k = randomMatrix(rows: tokens, columns: keyWidth, seed: 11)
  let v = randomMatrix(rows: tokens, columns: keyWidth, seed: 12)
  let o = randomMatrix(rows: tokens, columns: queryWidth, seed: 13)
  let dq = randomMatrix(rows: tokens, columns: queryWidth, seed: 14)
  let dk = randomMatrix(rows: tokens, columns: keyWidth, seed: 15)
  let dv = randomMatrix(rows: tokens, columns: keyWidth, seed: 16)
  let logSumExp = randomMatrix(rows: tokens, columns: shape.headCount, seed: 17)
  func takeScratch(_ workspace: Workspace) -> AttentionScratch {
    AttentionScratch(
      workspace: workspace, heads: shape.headCount, keyValueHeads: shape.keyValueHeadCount, headDimension: d,
      maxTokens: tokens, threadCount: pool.threadCount)
  }
  let plan = Workspace.planning()
  _ = takeScratch(plan)
  let workspace = Unmanaged.passRetained(Workspace(byteCount: plan.byteCount)).takeUnretainedValue()
  let scratch = takeScratch(workspace)
  let scale = 1 / Float(d).squareRoot()
  benchmark("attention.forward.\(tokens)") {
    Attention.forward(
      q: q, k: k, v: v, offsets: [0, tokens], headDimension: d, scale: scale, into: o, logSumExp: logSumExp,
      scratch: scratch, pool: pool)
  }
  benchmark("attention.backward.\(tokens)") {
    Attention.backward(
      dq: dq, dk: dk, dv: dv, dO: q, q: q, k: k, v: v, o: o, logSumExp: logSumExp, offsets: [0, tokens],
      headDimension: d, scale: scale, scratch: scratch, pool: pool)
  }
}
