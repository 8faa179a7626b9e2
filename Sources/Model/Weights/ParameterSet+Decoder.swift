import Tensor

extension ParameterSet {
  /// Lays out every weight of a model, to train it whole.
  public convenience init(of configuration: ModelConfiguration) {
    self.init(
      configuration.tensorSpecifications.map { ($0.name, $0.rows, $0.columns, $0.isVector) })
  }

  /// The values as a decoder's weights.
  public func tensors(of configuration: ModelConfiguration) -> DecoderTensors<WeightMatrix> {
    var next = entries.indices.makeIterator()
    return DecoderTensors(configuration) { _ in
      WeightMatrix(value(next.next() ?? 0))
    } vectors: { _ in
      value(next.next() ?? 0)
    }
  }

  /// The gradients as a decoder's tensors.
  public func gradientTensors(of configuration: ModelConfiguration) -> DecoderTensors<Matrix> {
    var next = entries.indices.makeIterator()
    return DecoderTensors(configuration) { _ in
      gradient(next.next() ?? 0)
    } vectors: { _ in
      gradient(next.next() ?? 0)
    }
  }
}
