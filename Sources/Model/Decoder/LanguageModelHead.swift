import Tensor

/// The final norm, the language-model head and the loss, computed only for the tokens that are asked for.
public final class LanguageModelHead {
  /// The most tokens that one call may score.
  public let capacity: Int

  private let decoder: Decoder
  /// Owns the memory that every matrix here points into.
  private let workspace: Workspace
  private let gathered: Matrix
  private let normalized: Matrix
  private let rstd: Matrix
  private let dNormalized: Matrix?
  private let scratch: LinearCrossEntropy.Scratch

  /// Takes the head's buffers for at most `capacity` scored tokens from `workspace`.
  ///
  /// - Parameter trains: whether gradients will be asked for.
  public init(_ decoder: Decoder, capacity: Int, trains: Bool, workspace: Workspace) {
    let c = decoder.configuration.hiddenSize
    self.decoder = decoder
    self.workspace = workspace
    self.capacity = capacity
    gathered = workspace.take("head", rows: capacity, columns: c)
    normalized = workspace.take("head", rows: capacity, columns: c, decoder.dtype)
    rstd = workspace.take("head", rows: capacity, columns: 1)
    dNormalized = trains ? workspace.take("head", rows: capacity, columns: c) : nil
    scratch = LinearCrossEntropy.Scratch(
      workspace: workspace, head: decoder.weights.head, dtype: decoder.dtype)
  }

  /// Computes the loss of each scored token in nats.
  ///
  /// - Parameters:
  ///   - stream: [T, C], the residual stream after the last layer.
  ///   - rows: [N], the rows of `stream` that predict a label.
  ///   - labels: [N], the tokens that they should predict.
  ///   - losses: [N], overwritten.
  public func loss(
    of stream: Matrix, rows: UnsafeBufferPointer<Int32>, labels: UnsafeBufferPointer<Int32>,
    into losses: UnsafeMutablePointer<Float>
  ) {
    LinearCrossEntropy.forward(
      hidden: normalize(stream, rows), head: decoder.weights.head, labels: labels, losses: losses,
      scratch: scratch, pool: decoder.pool)
  }

  /// Computes the losses as `loss` does, and the gradient of their weighted sum.
  ///
  /// - Parameters:
  ///   - labelWeights: [N], of any sign.
  ///   - dStream: [T, C], overwritten with the gradient of the stream, zero in rows without a label.
  public func lossAndGradient(
    of stream: Matrix, rows: UnsafeBufferPointer<Int32>, labels: UnsafeBufferPointer<Int32>,
    labelWeights: UnsafeBufferPointer<Float>, into losses: UnsafeMutablePointer<Float>, dStream: Matrix
  ) {
    guard let dNormalized = dNormalized?.rows(0..<rows.count) else {
      preconditionFailure("this head was made without room for gradients")
    }
    let (weights, gradients, pool) = (decoder.weights, decoder.gradients, decoder.pool)
    LinearCrossEntropy.forwardBackward(
      hidden: normalize(stream, rows), head: weights.head, labels: labels, weights: labelWeights, scale: 1,
      losses: losses, dHidden: dNormalized, dHead: gradients?.head, scratch: scratch, pool: pool)
    let x = gathered.rows(0..<rows.count)
    if let gradients {
      RMSNorm.gainGradient(
        addingTo: gradients.finalNorm.base, dy: dNormalized, x: x, rstd: rstd.base, pool: pool)
    }
    RMSNorm.backward(
      into: dNormalized, dy: dNormalized, x: x, rstd: rstd.base, gain: weights.finalNorm.base, pool: pool)
    dStream.fill(0)
    Gather.scatterRows(of: dNormalized, at: rows, into: dStream, pool: pool)
  }

  /// Computes the logits of the given rows of the stream.
  ///
  /// - Parameter logits: [N, V], overwritten.
  public func logits(of stream: Matrix, rows: UnsafeBufferPointer<Int32>, into logits: Matrix) {
    Linear.forward(
      normalize(stream, rows), decoder.weights.head, into: logits, scratch: scratch.linear,
      pool: decoder.pool)
  }

  private func normalize(_ stream: Matrix, _ rows: UnsafeBufferPointer<Int32>) -> Matrix {
    precondition(rows.count <= capacity, "\(rows.count) scored tokens in \(capacity)")
    let (x, y) = (gathered.rows(0..<rows.count), normalized.rows(0..<rows.count))
    Gather.rows(of: stream, at: rows, into: x, pool: decoder.pool)
    RMSNorm.forward(
      x, gain: decoder.weights.finalNorm.base, epsilon: decoder.configuration.normEpsilon, into: y,
      rstd: rstd.base, pool: decoder.pool)
    return y
  }
}
