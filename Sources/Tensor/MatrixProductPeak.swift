/// The matrix-product speed that this machine can give to this process at this moment.
extension MatrixProduct {
  /// Times products of two square matrices.
  ///
  /// Float32 is OpenBLAS's own speed, one stripe of rows a thread, as large as they can be; bfloat16 is that of this
  /// package's kernels. The matrices live no longer than the call: they are no part of anyone's peak memory.
  ///
  /// - Parameters:
  ///   - dtype: the type of the operands; the result is float32.
  ///   - inIntegers: whether the right operand is in `q8Tiled`, and the left one rounded as it comes.
  /// - Returns: the floating-point operations per second of each product, 2·size³ / seconds.
  public static func measurePeak(
    _ dtype: DType, inIntegers: Bool = false, size: Int, products: Int, pool: ThreadPool
  ) -> [Double] {
    let storages = (0..<3).map { _ in Storage(count: size * size) }
    var random = RandomSource(seed: 0, stream: "gemm peak")
    let operands = storages.map { $0.matrix(rows: size, columns: size) }
    let (left, right) = (operand(operands[0], dtype, &random), operand(operands[1], dtype, &random))
    let bytes = Storage(
      count: inIntegers
        ? size * WeightMatrix.rowBytes(columns: size, .q8Tiled) / MemoryLayout<Float>.stride : 0)
    if inIntegers {
      Quantization.q8Tiled(
        from: right.address, dtype: dtype, rows: size, columns: size, into: bytes.base, pool: pool)
    }
    func multiply() {
      if inIntegers {
        let weights = WeightMatrix(bytes.base, rows: size, columns: size, format: .q8Tiled)
        return IntegerGEMM.multiply(left, weights, transposeB: true, into: operands[2], pool: pool)
      }
      guard dtype == .float32 else {
        return PackedGEMM.multiply(left, WeightMatrix(right), transposeB: true, into: operands[2], pool: pool)
      }
      pool.parallel(pool.threadCount) { stripe in
        let rows = size * stripe / pool.threadCount..<size * (stripe + 1) / pool.threadCount
        GEMM.single(left.rows(rows), false, right, true, operands[2].rows(rows), size, 1, 0)
      }
    }
    // The first product also pays for the pages of the result.
    multiply()
    let clock = ContinuousClock()
    defer { withExtendedLifetime((storages, bytes)) {} }
    return (0..<products).map { _ in
      let seconds = clock.measure(multiply) / .seconds(1)
      return 2 * Double(size) * Double(size) * Double(size) / seconds
    }
  }

  /// Random values of either type in the place of a float32 matrix.
  private static func operand(_ matrix: Matrix, _ dtype: DType, _ random: inout RandomSource) -> Matrix {
    for index in 0..<matrix.count { matrix.base[index] = random.uniform() }
    guard dtype == .bfloat16 else { return matrix }
    Conversion.narrow(
      matrix.base, to: .bfloat16, into: matrix.address, count: matrix.count, pool: ThreadPool(threadCount: 1))
    return Matrix(matrix.address, .bfloat16, rows: matrix.rows, columns: matrix.columns)
  }
}
