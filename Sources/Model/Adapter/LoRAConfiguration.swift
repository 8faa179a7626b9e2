import Foundation

/// The shape of a low-rank adapter, in PEFT's terms.
public struct LoRAConfiguration: Equatable, Sendable {
  /// R, the rank of every update.
  public var rank: Int
  /// The numerator of the scaling, `lora_alpha`.
  public var alpha: Double
  /// The share of the adapter's input that training drops.
  public var dropout: Double
  /// The projections that carry an update.
  public var targets: [Projection]
  /// Whether the scaling divides by √R, as rank-stabilised LoRA does (Kalajdzievski, 2023, arXiv:2312.03732).
  public var isRankStabilized: Bool

  /// The numbers that `alpha` may be, for training and reading alike, and how a message names them.
  public static let alphas = (
    range: Double.leastNonzeroMagnitude...1e9, text: "a number above 0 and up to 1e9"
  )
  /// The numbers that `dropout` may be. A share nearer to 1 would be 1 as float32, and nothing would be left.
  public static let dropouts = (range: 0...0.999, text: "a number from 0 to 0.999")

  /// Makes a configuration; the defaults are this package's.
  public init(
    rank: Int = 16, alpha: Double = 32, dropout: Double = 0, targets: [Projection] = Projection.allCases,
    isRankStabilized: Bool = false
  ) {
    self.rank = rank
    self.alpha = alpha
    self.dropout = dropout
    self.targets = targets
    self.isRankStabilized = isRankStabilized
  }

  /// The projections of a group that carry an update, in order.
  public func targets(in group: Projection.Group) -> [Projection] { group.members.filter(targets.contains) }

  /// The factor on B·A·x: alpha / rank, or alpha / √rank.
  public var scaling: Float {
    Float(alpha / (isRankStabilized ? Double(rank).squareRoot() : Double(rank)))
  }
}
