import Foundation
import Tensor

/// How the next token is chosen from its logits.
public struct SamplingOptions: Equatable, Sendable {
  /// What the logits are divided by; 0 always takes the likeliest token. See ``hasUsableTemperature``.
  public var temperature: Float
  /// Keep only the k likeliest tokens; 0 keeps all.
  public var topK: Int
  /// Keep the likeliest tokens until their probabilities sum to this; 1 keeps all.
  public var topP: Float
  /// Keep tokens at least this share as likely as the likeliest; 0 keeps all.
  public var minP: Float
  /// Divides positive logits of tokens already in the text, and multiplies negative ones; 1 does nothing
  /// (Keskar et al., 2019, arXiv:1909.05858).
  public var repetitionPenalty: Float

  /// Makes options; the defaults suit a first draft.
  public init(
    temperature: Float = 0.8, topK: Int = 0, topP: Float = 0.95, minP: Float = 0,
    repetitionPenalty: Float = 1
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
  }

  /// Whether a ``Sampler`` can work with the temperature: any finite number from 0, since it divides differences from
  /// the highest logit, of which none is above 0.
  public var hasUsableTemperature: Bool { temperature >= 0 && temperature.isFinite }

  /// Such a temperature in words.
  public static let usableTemperature = "a number from 0, where 0 takes the likeliest token"

  /// Always the likeliest token.
  public static let greedy = SamplingOptions(temperature: 0, topP: 1)
}

/// Draws tokens from logits, in the order of the filters that Hugging Face `generate` applies: repetition
/// penalty, temperature, top-k, top-p, min-p.
public struct Sampler {
  /// The filters.
  public let options: SamplingOptions

  private var random: RandomSource
  private var scores: [Float] = []
  private var order: [Candidate] = []

  /// Starts a seeded sampler.
  public init(_ options: SamplingOptions, seed: UInt64) {
    self.options = options
    random = RandomSource(seed: seed, stream: "sampling")
  }

  /// Chooses the next token.
  ///
  /// - Parameters:
  ///   - logits: [V].
  ///   - history: the tokens of the text so far, prompt included.
  public mutating func next(logits: UnsafeBufferPointer<Float>, history: [Int32]) -> Int32 {
    scores.removeAll(keepingCapacity: true)
    scores.append(contentsOf: logits)
    if options.repetitionPenalty != 1 {
      for token in Set(history) {
        let score = scores[Int(token)]
        scores[Int(token)] =
          score > 0 ? score / options.repetitionPenalty : score * options.repetitionPenalty
      }
    }
    var best = 0
    for index in scores.indices where scores[index] > scores[best] { best = index }
    guard options.temperature > 0 else { return Int32(best) }

    // exp((score − max) / temperature): the likeliest token weighs 1.
    let peak = scores[best]
    for index in scores.indices { scores[index] = exp((scores[index] - peak) / options.temperature) }
    // The tokens lighter than this weigh less than 1 − p together, so that top-p keeps none of them, and they need
    // not be sorted: of a vocabulary a few hundred tokens remain. (Top-k changes the sum that p is a share of.)
    let total = scores.reduce(0) { $0 + Double($1) }
    let negligible = options.topK > 0 ? 0 : Float((1 - Double(options.topP)) * total / Double(scores.count))
    order.removeAll(keepingCapacity: true)
    for index in scores.indices where scores[index] > 0 && scores[index] >= negligible {
      order.append(Candidate(weight: scores[index], token: index))
    }
    // Only these two filters need an order.
    if options.topK > 0 || options.topP < 1 { order.sort(by: >) }
    if options.topK > 0 { order.removeLast(max(0, order.count - options.topK)) }
    if options.topP < 1 {
      let total = options.topK > 0 ? order.reduce(0) { $0 + $1.weight } : total
      var mass = 0.0
      let kept = order.firstIndex { candidate in
        mass += candidate.weight
        return mass >= Double(options.topP) * total
      }
      if let kept { order.removeLast(order.count - kept - 1) }
    }
    if options.minP > 0 { order.removeAll { $0.weight < Double(options.minP) } }
    var remaining = Double(random.uniform()) * order.reduce(0) { $0 + $1.weight }
    for candidate in order {
      remaining -= candidate.weight
      if remaining < 0 { return candidate.token }
    }
    return order.last?.token ?? Int32(best)
  }

  /// A token and its weight in one number that orders by weight, and among equals puts the lower id first when
  /// sorted downwards, as a stable sort would. Numbers sort in a fraction of the time that pairs take.
  private struct Candidate: Comparable {
    private let key: UInt64

    /// - Parameter weight: positive; the bits of positive floats order as the floats do.
    init(weight: Float, token: Int) {
      key = UInt64(weight.bitPattern) << 32 | UInt64(~UInt32(truncatingIfNeeded: token))
    }

    var weight: Double { Double(Float(bitPattern: UInt32(key >> 32))) }
    var token: Int32 { Int32(bitPattern: ~UInt32(truncatingIfNeeded: key)) }

    static func < (left: Candidate, right: Candidate) -> Bool { left.key < right.key }
  }
}
