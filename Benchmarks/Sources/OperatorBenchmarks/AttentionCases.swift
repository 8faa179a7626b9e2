import Benchmark
import Model
import Tensor

/// Registers forward and backward of attention over sequences of the given lengths.
func registerAttention(
  lengths: [Int], heads: Int, keyValueHeads: Int, headDimension d: Int, dtype: DType, pool: ThreadPool
) {
  let tokens = lengths.reduce(0, +)
  let offsets = lengths.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
  func matrix(_ columns: Int, _ seed: UInt64) -> Matrix {
    randomMatrix(rows: tokens, columns: columns, seed: seed, dtype)
  }
  let (q, o, dO, dq) = (
    matrix(heads * d, 1), matrix(heads * d, 2), matrix(heads * d, 3), matrix(heads * d, 4)
  )
  let keyWidth = keyValueHeads * d
  let (k, v, dk, dv) = (matrix(keyWidth, 5), matrix(keyWidth, 6), matrix(keyWidth, 7), matrix(keyWidth, 8))
  let logSumExp = randomMatrix(rows: tokens, columns: heads, seed: 9)
  func takeScratch(_ workspace: Workspace) -> AttentionScratch {
    AttentionScratch(
      workspace: workspace, heads: heads, keyValueHeads: keyValueHeads, headDimension: d, maxTokens: tokens,
      threadCount: pool.threadCount, dtype: dtype)
  }
  let plan = Workspace.planning()
  _ = takeScratch(plan)
  let workspace = Unmanaged.passRetained(Workspace(byteCount: plan.byteCount)).takeUnretainedValue()
  let scratch = takeScratch(workspace)
  let scale = 1 / Float(d).squareRoot()
  let forward = {
    Attention.forward(
      q: q, k: k, v: v, offsets: offsets, headDimension: d, scale: scale, into: o, logSumExp: logSumExp,
      scratch: scratch, pool: pool)
  }
  // The backward needs a forward's results, whichever cases are run.
  forward()
  let name = "\(heads)/\(keyValueHeads)x\(d).\(lengths.count)x\(lengths[0]).\(dtype.rawValue)"
  benchmark("attention.forward.\(name)", function: forward)
  benchmark("attention.backward.\(name)") {
    Attention.backward(
      dq: dq, dk: dk, dv: dv, dO: dO, q: q, k: k, v: v, o: o, logSumExp: logSumExp, offsets: offsets,
      headDimension: d, scale: scale, scratch: scratch, pool: pool)
  }
}

/// The shapes of SmolLM2-135M, of Qwen2.5-0.5B and of Llama-3.2-1B at the lengths that training is measured at.
func registerAttention(pool: ThreadPool) {
  for dtype in [DType.float32, .bfloat16] {
    for (lengths, heads, keyValueHeads) in [
      ([256, 256, 256, 256], 9, 3), ([1024], 9, 3), ([512, 512], 14, 2), ([512], 32, 8), ([4096], 9, 3),
    ] {
      registerAttention(
        lengths: lengths, heads: heads, keyValueHeads: keyValueHeads, headDimension: 64, dtype: dtype,
        pool: pool)
    }
  }
}
