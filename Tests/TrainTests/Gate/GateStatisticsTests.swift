import Files
import TestSupport
import Testing

@testable import Train

@Suite("Rates and percentiles of the gate")
struct GateStatisticsTests {
  static func reference(_ key: String) throws -> [JSONValue] {
    let path = Fixtures.reference("statistics/gate.json")
    return try #require(try JSONParser.parse(contentsOf: path)[key]?.arrayValue)
  }

  @Test("Wilson's interval is SciPy's")
  func wilson() throws {
    for row in try Self.reference("wilson") {
      let passes = try #require(row["passes"]?.intValue)
      let trials = try #require(row["trials"]?.intValue)
      let interval = WilsonInterval(passes: passes, trials: trials)
      // A dozen roundings of numbers up to 1, and SciPy's own as many.
      let bound = 32 * 0x1p-53
      #expect(abs(interval.lower - (row["lower"]?.doubleValue ?? .nan)) <= bound, "\(passes) of \(trials)")
      #expect(abs(interval.upper - (row["upper"]?.doubleValue ?? .nan)) <= bound, "\(passes) of \(trials)")
    }
  }

  @Test(
    "Wilson's interval is the published one (Newcombe, 1998, table I, method 3)",
    arguments: [
      (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718),
    ])
  func published(passes: Int, trials: Int, lower: Double, upper: Double) {
    let interval = WilsonInterval(passes: passes, trials: trials)
    // The table gives four digits.
    #expect(abs(interval.lower - lower) <= 0.5e-4 && abs(interval.upper - upper) <= 0.5e-4)
  }

  @Test("The percentiles of latency are NumPy's")
  func percentiles() throws {
    let checks = [GateCheck(.minWords(1))]
    for row in try Self.reference("percentiles") {
      let values = try #require(row["values"]?.arrayValue).compactMap(\.doubleValue)
      let cases = values.indices.map { GateCase(id: "\($0)", request: .prompt("a"), checks: checks) }
      let outputs = values.indices.map {
        GateOutput(id: "\($0)", text: "b", latencyMilliseconds: values[$0])
      }
      let score = GateScore(GateSystem(name: "base"), cases: cases, outputs: outputs)
      // Three roundings of numbers below 8192.
      let bound = 8192 * 4 * 0x1p-53
      #expect(abs((score.latency?.p50 ?? .nan) - (row["p50"]?.doubleValue ?? .nan)) <= bound)
      #expect(abs((score.latency?.p95 ?? .nan) - (row["p95"]?.doubleValue ?? .nan)) <= bound)
    }
  }

  @Test("Latency and cost stand only where every output has them")
  func partly() {
    let cases = ["a", "b"].map { GateCase(id: $0, request: .prompt("a"), checks: [GateCheck(.ends)]) }
    let all = cases.map { GateOutput(id: $0.id, text: "b.", latencyMilliseconds: 8, cost: 0.5) }
    let some = [all[0], GateOutput(id: "b", text: "b")]
    let score = GateScore(GateSystem(name: "base"), cases: cases, outputs: all)
    #expect(score.latency?.p95 == 8 && score.costPerCall == 0.5 && score.passes == 2)
    let partial = GateScore(GateSystem(name: "base"), cases: cases, outputs: some)
    #expect(partial.latency == nil && partial.costPerCall == nil && partial.passes == 1)
    #expect(partial.failures == [GateScore.Failure(check: "ends", cases: ["b"])])
  }
}
