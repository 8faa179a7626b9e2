import CKernels

/// One row of values in every form in which products with weights read it.
public struct RowInput: @unchecked Sendable {
  // Safe to send because it is plain addresses: `prepare` writes them between products, never during one.

  /// [1, in]; the one who fills it calls `prepare` before the next product.
  public let values: Matrix
  /// The values as products with bfloat16 read them, where any of the weights are.
  private let pairs: Matrix?
  /// The values as products with q8 read them, where any of the weights are.
  private let quantized: lk_q8_row?

  /// Takes the buffers from a workspace.
  ///
  /// - Parameter formats: those of the weights that the row will be multiplied with.
  public init(columns: Int, formats: Set<WeightMatrix.Format>, workspace: Workspace) {
    func take(_ columns: Int) -> Matrix { workspace.take("decode input", rows: 1, columns: columns) }
    values = take(columns)
    pairs = formats.contains(.bfloat16) ? take((columns + 31) / 32 * 32) : nil
    let padded = lk_q8_padded(columns)
    quantized =
      formats.contains(where: \.isQuantized)
      ? lk_q8_row(
        values: take(padded / 4).address.assumingMemoryBound(to: Int8.self),
        offsets: take(padded / 4).address.assumingMemoryBound(to: Int32.self),
        scales: take(padded / 32).base) : nil
  }

  /// Brings every form up to date with `values`.
  public func prepare() {
    if let pairs { lk_split_pairs(pairs.base, values.base, values.columns, kernelLevel) }
    if let quantized { lk_quantize_row_q8(quantized, values.base, values.columns, kernelLevel) }
  }

  /// Computes W·x on the calling thread.
  ///
  /// - Parameters:
  ///   - weight: [out, in], of one of the formats that this row was made for.
  ///   - y: [out], overwritten, or added to where `adds`.
  func multiply(
    _ weight: WeightMatrix, into y: UnsafeMutablePointer<Float>, adds: Bool, level: lk_level = kernelLevel
  ) {
    precondition(weight.columns == values.columns, "\(weight.columns) columns and \(values.columns) values")
    let (w, rows, columns) = (weight.base, weight.rows, weight.columns)
    switch (weight.format, pairs, quantized) {
    case (.float32, _, _):
      lk_gemv_f32(
        y, w.assumingMemoryBound(to: Float.self), weight.rowBytes / 4, values.base, rows, columns, adds, level
      )
    case (.bfloat16, let pairs?, _):
      lk_gemv_bf16(y, w, weight.rowBytes, pairs.base, rows, columns, adds, level)
    case (.bfloat16Panels, _, _):
      lk_gemv_panels_bf16(y, weight.panels(0..<rows, fromColumn: 0), values.base, rows, columns, adds, level)
    case (.q8, _, let quantized?), (.q8Tiled, _, let quantized?):
      lk_gemv_q8(y, w, weight.rowBytes, quantized, rows, columns, adds, level)
    default: preconditionFailure("a row that was not prepared for \(weight.format) weights")
    }
  }
}
