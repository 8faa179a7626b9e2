/// How one system did on the cases.
public struct GateScore: Equatable, Sendable {
  /// The failures of one kind of check.
  public struct Failure: Equatable, Sendable {
    /// The check's key in a file of cases.
    public let check: String
    /// The cases in which such a check failed, in their order.
    public let cases: [String]
  }

  /// The system's name.
  public let system: GateSystem
  /// The number of cases.
  public let cases: Int
  /// The number of cases whose every check passed.
  public let passes: Int
  /// The failures, the most frequent kind first.
  public let failures: [Failure]
  /// The failed cases in which a check about a fact failed.
  public let factFailures: Int
  /// The 50th and 95th percentiles of latency in milliseconds; nil unless every output has one.
  public let latency: (p50: Double, p95: Double)?
  /// The mean cost of a call; nil unless every output has one.
  public let costPerCall: Double?

  /// The share of cases passed.
  public var rate: Double { Double(passes) / Double(cases) }
  /// The failed cases.
  public var failedCases: Int { cases - passes }
  /// How sure the rate is.
  public var interval: WilsonInterval { WilsonInterval(passes: passes, trials: cases) }

  /// Scores a system.
  ///
  /// - Parameters:
  ///   - cases: at least one.
  ///   - outputs: one for each case, in the same order.
  ///   - gauge: of the writer, which checks of the voice need.
  public init(_ system: GateSystem, cases: [GateCase], outputs: [GateOutput], gauge: VoiceGauge? = nil) {
    precondition(
      !cases.isEmpty && cases.map(\.id) == outputs.map(\.id),
      "\(outputs.count) outputs are not those of \(cases.count) cases")
    self.system = system
    self.cases = cases.count
    let failed = zip(cases, outputs).map { item in item.0.checks.filter { !$0.passes(item.1, gauge: gauge) } }
    passes = failed.count { $0.isEmpty }
    factFailures = failed.count { $0.contains { $0.subject == .fact } }
    failures = GateCheck.Rule.names.map { name in
      Failure(
        check: name,
        cases: zip(cases, failed).filter { $0.1.contains { $0.rule.name == name } }.map(\.0.id))
    }.filter { !$0.cases.isEmpty }.sorted { $0.cases.count > $1.cases.count }
    let latencies = outputs.compactMap(\.latencyMilliseconds).sorted()
    latency =
      latencies.count == outputs.count
      ? (PairedBootstrap.percentile(50, of: latencies), PairedBootstrap.percentile(95, of: latencies)) : nil
    let costs = outputs.compactMap(\.cost)
    costPerCall = costs.count == outputs.count ? costs.reduce(0, +) / Double(costs.count) : nil
  }

  /// Same system, same numbers.
  public static func == (left: GateScore, right: GateScore) -> Bool {
    left.system == right.system && left.cases == right.cases && left.passes == right.passes
      && left.failures == right.failures && left.factFailures == right.factFailures
      && left.latency?.p50 == right.latency?.p50 && left.latency?.p95 == right.latency?.p95
      && left.costPerCall == right.costPerCall
  }
}
