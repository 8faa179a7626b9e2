import Foundation
import Testing

@testable import Train

@Suite("Learning-rate schedule")
struct LearningRateScheduleTests {
  private func rates(_ shape: LearningRateSchedule.Shape, warmupRatio: Double, steps: Int) -> [Double] {
    let schedule = LearningRateSchedule(
      shape: shape, peak: 1, warmupRatio: warmupRatio, totalSteps: steps)
    return (1...steps).map(schedule.rate(step:))
  }

  private func expectEqual(_ found: [Double], _ expected: [Double]) {
    // Sums and products of a few doubles around 1.
    #expect(found.count == expected.count)
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-15 }, "\(found)")
  }

  @Test("Warm-up climbs in equal steps and ends at the peak; a constant rate stays there")
  func constant() {
    expectEqual(rates(.constant, warmupRatio: 0.4, steps: 10), [0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1])
    expectEqual(rates(.constant, warmupRatio: 0, steps: 3), [1, 1, 1])
  }

  @Test("Linear falls evenly from the peak to a tenth of it at the last step")
  func linear() {
    expectEqual(rates(.linear, warmupRatio: 0.25, steps: 4), [1, 0.7, 0.4, 0.1])
  }

  @Test("Cosine falls slowly, fast and slowly, from the peak to a tenth")
  func cosine() {
    let root = 2.0.squareRoot() / 2
    expectEqual(
      rates(.cosine, warmupRatio: 0.2, steps: 5),
      [1, 0.1 + 0.45 * (1 + root), 0.55, 0.1 + 0.45 * (1 - root), 0.1])
  }

  @Test("Warm-up, stable, decay falls over the last fifth alone")
  func stableThenDecay() {
    expectEqual(
      rates(.wsd, warmupRatio: 0.1, steps: 10), [1, 1, 1, 1, 1, 1, 1, 1, 0.55, 0.1])
  }

  @Test("Warm-up is rounded to whole steps and never longer than the run")
  func rounding() {
    func warmup(_ ratio: Double, _ steps: Int) -> Int {
      LearningRateSchedule(shape: .cosine, peak: 1, warmupRatio: ratio, totalSteps: steps).warmupSteps
    }
    #expect(warmup(0.06, 100) == 6)
    #expect(warmup(0.06, 8) == 0)
    #expect(warmup(0.06, 9) == 1)
    #expect(warmup(1, 5) == 5)
    #expect(rates(.cosine, warmupRatio: 1, steps: 2) == [0.5, 1])
  }
}
