import Foundation
import Testing

@testable import Model

@Suite("Sampler")
struct SamplerTests {
  /// Logits of the probabilities 0.4, 0.3, 0.2 and 0.1 of tokens 2, 0, 3 and 1.
  private static let probabilities = [0.3, 0.1, 0.4, 0.2]

  private func options(
    temperature: Float = 1, topK: Int = 0, topP: Float = 1, minP: Float = 0, penalty: Float = 1
  ) -> SamplingOptions {
    SamplingOptions(
      temperature: temperature, topK: topK, topP: topP, minP: minP, repetitionPenalty: penalty)
  }

  private func draw(
    _ options: SamplingOptions, seed: UInt64 = 1, count: Int, logits: [Float]? = nil, history: [Int32] = []
  ) -> [Int32] {
    var sampler = Sampler(options, seed: seed)
    return (logits ?? Self.probabilities.map { Float(log($0)) }).withUnsafeBufferPointer { logits in
      (0..<count).map { _ in sampler.next(logits: logits, history: history) }
    }
  }

  /// Draws often and compares the counts with the probabilities that the filters should leave.
  private func expect(
    _ options: SamplingOptions, gives expected: [Double], logits: [Float]? = nil, history: [Int32] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let draws = 20_000
    var counts = [Int](repeating: 0, count: expected.count)
    for token in draw(options, count: draws, logits: logits, history: history) { counts[Int(token)] += 1 }
    for (count, p) in zip(counts, expected) {
      // Five standard deviations of a binomial count; a token that is filtered out never comes.
      let bound = 5 * (Double(draws) * p * (1 - p)).squareRoot()
      #expect(abs(Double(count) - p * Double(draws)) <= bound, "\(counts)", sourceLocation: sourceLocation)
    }
  }

  @Test("Greedy takes the likeliest token, the lower of two equals")
  func greedy() {
    #expect(draw(.greedy, count: 3) == [2, 2, 2])
    #expect(draw(.greedy, count: 1, logits: [0, 5, 1, 5]) == [1])
  }

  @Test("Unfiltered draws follow the softmax, whatever is added to all logits")
  func softmax() {
    expect(options(), gives: Self.probabilities)
    expect(options(), gives: Self.probabilities, logits: Self.probabilities.map { Float(log($0)) + 500 })
    expect(options(), gives: [0, 0.5, 0.5], logits: [-.infinity, 3, 3])
  }

  @Test("A temperature of a half squares the probabilities, one of two takes their root")
  func temperature() {
    expect(options(temperature: 0.5), gives: [0.09, 0.01, 0.16, 0.04].map { $0 / 0.3 })
    let roots = Self.probabilities.map { $0.squareRoot() }
    expect(options(temperature: 2), gives: roots.map { $0 / roots.reduce(0, +) })
  }

  @Test("The smallest temperature takes the likeliest token, the largest any, and no other number is usable")
  func extremeTemperatures() {
    for temperature in [Float.leastNonzeroMagnitude, 1e-3] {
      #expect(options(temperature: temperature).hasUsableTemperature)
      expect(options(temperature: temperature), gives: [0, 0, 1, 0])
      expect(options(temperature: temperature), gives: [0, 0.5, 0.5], logits: [-.infinity, 3e38, 3e38])
    }
    #expect(options(temperature: .greatestFiniteMagnitude).hasUsableTemperature)
    expect(options(temperature: .greatestFiniteMagnitude), gives: [0.25, 0.25, 0.25, 0.25])
    for temperature in [-1, Float.nan, .infinity] {
      #expect(!options(temperature: temperature).hasUsableTemperature)
    }
  }

  @Test("Top-k keeps the k likeliest; of equals, the lower ids")
  func topK() {
    expect(options(topK: 2), gives: [3.0 / 7, 0, 4.0 / 7, 0])
    expect(options(topK: 9), gives: Self.probabilities)
    expect(options(topK: 2), gives: [0.5, 0.5, 0, 0], logits: [1, 1, 1, 1])
  }

  @Test("Top-p keeps the fewest whose probabilities reach p, and always one")
  func topP() {
    expect(options(topP: 0.65), gives: [3.0 / 7, 0, 4.0 / 7, 0])
    expect(options(topP: 0.75), gives: [3.0 / 9, 0, 4.0 / 9, 2.0 / 9])
    expect(options(topP: 0.001), gives: [0, 0, 1, 0])
  }

  @Test("Min-p keeps what is at least that share as likely as the likeliest")
  func minP() {
    expect(options(minP: 0.6), gives: [3.0 / 7, 0, 4.0 / 7, 0])
    expect(options(minP: 0.45), gives: [3.0 / 9, 0, 4.0 / 9, 2.0 / 9])
    expect(options(minP: 1), gives: [0, 0, 1, 0])
  }

  @Test("Filters apply in the order of Hugging Face generate: top-k, top-p of what is left, then min-p")
  func order() {
    // Of the three likeliest, 4/9 and 3/9 reach 0.75; of all, 0.4 and 0.3 would not.
    expect(options(topK: 3, topP: 0.75), gives: [3.0 / 7, 0, 4.0 / 7, 0])
    // Of all, only two reach 0.5, and min-p keeps both. The other way round, 4/7 alone would reach it.
    expect(options(topP: 0.5, minP: 0.7), gives: [3.0 / 7, 0, 4.0 / 7, 0])
    // The temperature comes before min-p: squared, token 0 is 9/16 as likely as token 2.
    expect(options(temperature: 0.5, minP: 0.6), gives: [0, 0, 1, 0])
  }

  @Test("The repetition penalty divides positive logits and multiplies negative ones, once a token")
  func repetition() {
    // 2 / 2 = 1 and −1 · 2 = −2, against an untouched 1.
    let weights = [exp(1.0), exp(-2.0), exp(1.0)]
    expect(
      options(penalty: 2), gives: weights.map { $0 / weights.reduce(0, +) }, logits: [2, -1, 1],
      history: [0, 0, 1])
    let penalized = SamplingOptions(temperature: 0, topP: 1, repetitionPenalty: 3)
    #expect(draw(penalized, count: 1, logits: [2, -1, 1], history: [0]) == [2])
  }

  @Test("A seed gives the same draws again, another seed others")
  func determinism() {
    let first = draw(options(topP: 0.9), seed: 3, count: 50)
    #expect(draw(options(topP: 0.9), seed: 3, count: 50) == first)
    #expect(draw(options(topP: 0.9), seed: 4, count: 50) != first)
  }
}
