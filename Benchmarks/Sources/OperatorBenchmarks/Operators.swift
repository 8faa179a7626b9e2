import Benchmark
import Model
import Tensor

/// Random values in memory that lives as long as the program.
func randomMatrix(rows: Int, columns: Int, seed: UInt64, _ dtype: DType = .float32) -> Matrix {
  let storage = Unmanaged.passRetained(Storage(count: rows * columns)).takeUnretainedValue()
  let matrix = Matrix(UnsafeMutableRawPointer(storage.base), dtype, rows: rows, columns: columns)
  var random = RandomSource(seed: seed, stream: "benchmark")
  for index in 0..<matrix.count {
    let value = random.normal()
    if dtype == .float32 {
      storage.base[index] = value
    } else {
      // The upper half of a float32 is a bfloat16 value next to it.
      matrix.address.storeBytes(of: UInt16(value.bitPattern >> 16), toByteOffset: 2 * index, as: UInt16.self)
    }
  }
  return matrix
}

/// Registers forward and backward of each operator of a decoder layer.
func registerOperators(tokens: Int, shape: ModelConfiguration, pool: ThreadPool) {
  let (c, f) = (shape.hiddenSize, shape.intermediateSize)
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
    SwiGLU.backward(dGate: gate, dUp: up, h: wide, dh: wide, gate: gate, up: up, pool: pool)
  }
}
