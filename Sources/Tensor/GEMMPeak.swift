/// The matrix-product speed that this machine can give to this process at this moment.
extension GEMM {
  /// Times products of two square matrices, one stripe of rows a thread.
  ///
  /// The stripes are as large as they can be, so that the figure is OpenBLAS's own and not that of the tiles which
  /// operators cut. The matrices live no longer than the call: they are no part of anyone's peak memory.
  ///
  /// - Returns: the floating-point operations per second of each product, 2·size³ / seconds.
  public static func measurePeak(size: Int, products: Int, pool: ThreadPool) -> [Double] {
    let (a, b, c) = (Storage(count: size * size), Storage(count: size * size), Storage(count: size * size))
    var random = RandomSource(seed: 0, stream: "gemm peak")
    for index in 0..<size * size {
      a.base[index] = random.uniform()
      b.base[index] = random.uniform()
    }
    let (left, right) = (a.matrix(rows: size, columns: size), b.matrix(rows: size, columns: size))
    let product = c.matrix(rows: size, columns: size)
    func multiply() {
      pool.parallel(pool.threadCount) { stripe in
        let rows = size * stripe / pool.threadCount..<size * (stripe + 1) / pool.threadCount
        single(left.rows(rows), false, right, false, product.rows(rows), size, 1, 0)
      }
    }
    // The first product also pays for the pages of the result.
    multiply()
    let clock = ContinuousClock()
    return (0..<products).map { _ in
      let seconds = clock.measure(multiply) / .seconds(1)
      return 2 * Double(size) * Double(size) * Double(size) / seconds
    }
  }
}
