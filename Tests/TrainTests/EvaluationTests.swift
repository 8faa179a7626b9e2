import Testing

@testable import Train

@Suite("Evaluation statistics")
struct EvaluationTests {
  static let bytes = [900, 350, 1400, 260, 760, 1000, 430, 1210, 220, 640, 600, 880]
  static let base = documents([
    310.5, 120.25, 480.0, 95.75, 260.0, 333.0, 150.5, 410.0, 75.25, 220.0, 198.5, 305.0,
  ])
  static let adapter = documents([
    290.0, 118.0, 451.5, 97.0, 241.25, 320.0, 149.0, 380.5, 74.0, 205.5, 199.0, 281.0,
  ])

  static func documents(_ nats: [Double]) -> [DocumentLoss] {
    zip(nats, bytes).map { DocumentLoss(nats: $0, tokens: 100, bytes: $1) }
  }

  @Test("Loss, perplexity and bits per byte of the sums")
  func metrics() {
    let loss = DocumentLoss(nats: 6, tokens: 2, bytes: 10) + DocumentLoss(nats: 2, tokens: 2, bytes: 6)
    #expect(loss == [DocumentLoss(nats: 8, tokens: 4, bytes: 16)].total)
    #expect(loss.loss == 2)
    // math.exp(2) and 8 / (math.log(2) * 16) in Python 3; a few roundings of 2⁻⁵³ each.
    #expect(abs(loss.perplexity - 7.38905609893065) <= 1e-14)
    #expect(abs(loss.bitsPerByte - 0.7213475204444817) <= 1e-15)
  }

  @Test("The interval agrees with NumPy's")
  func interval() {
    let bootstrap = PairedBootstrap(base: Self.base, adapter: Self.adapter, seed: 1)
    // NumPy 2.4.6 over the same numbers, d = base - adapter in nats, b = bytes:
    //     d.sum() / np.log(2) / b.sum()                                   -> 0.025351404186719356
    //     i = np.random.default_rng(1).integers(0, 12, (2_000_000, 12))
    //     np.percentile(d[i].sum(1) / np.log(2) / b[i].sum(1), [2.5, 97.5]) -> 0.01673785, 0.03128972
    // and over 40 repeats with 10,000 draws each the ends have standard deviations of 1.32e-4 and 7.3e-5:
    // four of them.
    #expect(abs(bootstrap.difference - 0.025351404186719356) <= 1e-15)
    #expect(abs(bootstrap.lower - 0.01673785) <= 4 * 1.32e-4)
    #expect(abs(bootstrap.upper - 0.03128972) <= 4 * 7.3e-5)
    #expect(bootstrap.documents == 12)
  }

  @Test("The same seed gives the same interval, another a slightly different one")
  func seeded() {
    let first = PairedBootstrap(base: Self.base, adapter: Self.adapter, seed: 1)
    #expect(first == PairedBootstrap(base: Self.base, adapter: Self.adapter, seed: 1))
    #expect(first != PairedBootstrap(base: Self.base, adapter: Self.adapter, seed: 2))
  }

  // np.percentile([1, 2, 4, 8, 16], [0, 2.5, 40, 97.5, 100]) in NumPy 2.4.6; binary fractions but for a
  // rounding or two of the position.
  @Test(
    "Percentiles agree with NumPy's",
    arguments: [(0.0, 1.0), (2.5, 1.1), (40, 3.2), (97.5, 15.2), (100, 16)])
  func percentile(percent: Double, expected: Double) {
    #expect(abs(PairedBootstrap.percentile(percent, of: [1, 2, 4, 8, 16]) - expected) <= 1e-14)
  }

  @Test("An adapter that is better on every document is kept, with the saving and the evidence")
  func keep() {
    let better = Self.base.map { DocumentLoss(nats: $0.nats / 2, tokens: $0.tokens, bytes: $0.bytes) }
    let bootstrap = PairedBootstrap(base: Self.base, adapter: better, seed: 1)
    #expect(Verdict(bootstrap) == .keep)
    #expect(
      Verdict(bootstrap).reason(bootstrap).hasPrefix(
        "keep: the adapter saves 0.247 bits per byte (95 % interval +0."))
    #expect(Verdict(bootstrap).reason(bootstrap).hasSuffix(" over 12 held-out documents)."))
  }

  @Test("An adapter that changes nothing is retired")
  func nothing() {
    let bootstrap = PairedBootstrap(base: Self.base, adapter: Self.base, seed: 1)
    #expect(Verdict(bootstrap) == .retire)
    #expect(
      Verdict(bootstrap).reason(bootstrap)
        == "retire: the difference is not clear of zero (95 % interval +0.000 to +0.000 over 12 held-out "
        + "documents); collect more pieces or use the base.")
  }

  @Test("A single document's interval is its difference")
  func single() {
    let bootstrap = PairedBootstrap(
      base: [DocumentLoss(nats: 1, tokens: 1, bytes: 1)],
      adapter: [DocumentLoss(nats: 2, tokens: 1, bytes: 1)], seed: 1)
    #expect(bootstrap.lower == bootstrap.difference && bootstrap.upper == bootstrap.difference)
    #expect(
      Verdict(bootstrap).reason(bootstrap)
        == "retire: the adapter costs 1.443 bits per byte (95 % interval -1.443 to -1.443 over 1 held-out "
        + "document); use the base.")
  }

  @Test("A self-test passes where the saved logits are the trained ones, and others than the base's")
  func selfTest() {
    func test(_ trained: [Float], _ reread: [Float], _ plain: [Float]) -> AdapterSelfTest {
      AdapterSelfTest(trained: trained, reread: reread, plain: plain)
    }
    #expect(test([1, 2], [1, 2], [1, 4]) == AdapterSelfTest(largestDifference: 0, largestEffect: 2))
    #expect(test([1, 2], [1, 2], [1, 4]).passes)
    #expect(!test([1, 2], [1, 2.5], [1, 4]).passes)
    #expect(!test([1, 2], [1, 2], [1, 2]).passes)
    // NaN is found wherever it stands, and is no pass.
    for broken in [test([.nan, 2], [.nan, 2], [1, 4]), test([1, 2], [.nan, 5], [1, 4])] {
      #expect(broken.largestDifference.isNaN && broken.largestEffect.isNaN && !broken.passes)
    }
    #expect(!test([1, 2], [1, 2], [1, .nan]).passes)
  }

  @Test("A loss that is no number retires")
  func notANumber() {
    let broken = Self.base.map { DocumentLoss(nats: .nan, tokens: $0.tokens, bytes: $0.bytes) }
    #expect(Verdict(PairedBootstrap(base: Self.base, adapter: broken, seed: 1)) == .retire)
  }
}
