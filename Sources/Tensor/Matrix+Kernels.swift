import CKernels

/// Matrices as the kernels take them.
extension Matrix {
  /// The first element of a bfloat16 matrix.
  @inline(__always)
  var bfloat16Base: UnsafeMutablePointer<UInt16> {
    precondition(dtype == .bfloat16, "a \(dtype) matrix where bfloat16 is expected")
    return address.assumingMemoryBound(to: UInt16.self)
  }

  /// All rows, for kernels that take either type.
  @inline(__always)
  package var kernelRows: lk_rows {
    lk_rows(base: address, stride: stride, type: dtype == .bfloat16 ? LK_BF16 : LK_F32, scales: nil)
  }

  /// The rows of a range.
  @inline(__always)
  func kernelRows(_ range: Range<Int>) -> lk_rows {
    rows(range).kernelRows
  }
}
