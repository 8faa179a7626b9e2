import Tensor

/// What a benchmark measured of drafting, in tokens and bytes per second.
public struct DraftingFigures: Equatable, Sendable {
  /// How the weights were held.
  public let format: WeightMatrix.Format
  /// Reading a prompt.
  public let prefill: Measurement
  /// Writing with the base alone, after that prompt.
  public let decode: Measurement
  /// Writing with an adapter beside the base.
  public let decodeWithAdapter: Measurement
  /// Reading memory, in bytes.
  public let memoryRead: Measurement
  /// The tokens of the prompt.
  public let promptTokens: Int
  /// The bytes of weights and of cached keys and values that writing one token with the base alone reads.
  public let bytesPerToken: Int

  /// The share of what the memory gives that writing with the base alone takes.
  public var shareOfMemory: Double { decode.median * Double(bytesPerToken) / memoryRead.median }
}
