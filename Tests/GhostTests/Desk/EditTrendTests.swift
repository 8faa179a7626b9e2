import Testing

@testable import Ghost

@Suite("The trend of the edit rate") struct EditTrendTests {
  @Test("Student's t is SciPy's", arguments: [(3, 3.182446), (5, 2.570582), (10, 2.228139), (30, 2.042272)])
  func studentT(degrees: Int, expected: Double) {
    // The series' first term left out is of the order 1/ν⁴: 2.4 % at 3, shrinking as it says.
    #expect(abs(EditTrend.studentT(degrees) - expected) <= 2 / Double(degrees * degrees * degrees * degrees))
  }

  @Test("The line and its interval are those of least squares")
  func line() throws {
    // Worked by hand: x̄ = 2, ȳ = 0.6, Σ(x − x̄)² = 10, Σ(x − x̄)(y − ȳ) = −1.0; residuals 0.1, −0.1, 0, −0.1, 0.1.
    let trend = try #require(EditTrend([0.9, 0.6, 0.6, 0.4, 0.5]))
    #expect(abs(trend.slope + 0.1) <= 1e-15)
    // s² = 0.04 / 3, margin = t(3) √(s² / 10).
    let margin = EditTrend.studentT(3) * (0.04 / 30).squareRoot()
    #expect(abs(trend.lower - (-0.1 - margin)) <= 1e-15 && abs(trend.upper - (-0.1 + margin)) <= 1e-15)
    #expect(trend.text.hasPrefix("no trend that is clear of chance: -100.0 points in ten drafts"))
  }

  @Test("A clear fall and a clear rise are told, and too few drafts have no trend")
  func directions() throws {
    let fall = try #require(EditTrend([0.9, 0.8, 0.7, 0.6, 0.51]))
    #expect(fall.upper < 0 && fall.text.hasPrefix("the first draft is getting closer to what ships"))
    let rise = try #require(EditTrend([0.1, 0.2, 0.3, 0.4, 0.51]))
    #expect(rise.lower > 0 && rise.text.hasPrefix("the first draft is getting further from what ships"))
    #expect(EditTrend([0.1, 0.2, 0.3, 0.4]) == nil)
  }
}
