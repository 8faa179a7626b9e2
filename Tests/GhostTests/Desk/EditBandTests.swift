import Testing

@testable import Ghost

@Suite("The band of edit rates") struct EditBandTests {
  /// Rates that jump by a tenth each time around a half.
  static let before = (0..<10).map { $0.isMultiple(of: 2) ? 0.45 : 0.55 }

  @Test("The band is Shewhart's for single values, for a mean of five")
  func limits() throws {
    // Worked by hand: m = 0.5, mean moving range 0.1, s = 0.1 / 1.128, margin 3 s √(1/5 + 1/10).
    let band = try #require(EditBand(Self.before + [0.5, 0.5, 0.5, 0.5, 0.6]))
    let margin = 3 * 0.1 / 1.128 * (0.3).squareRoot()
    #expect(abs(band.upper - (0.5 + margin)) <= 1e-14 && abs(band.lower - (0.5 - margin)) <= 1e-14)
    #expect(abs(band.latest - 0.52) <= 1e-15 && !band.isAbove && !band.isBelow)
    #expect(
      band.text == "the latest 5 drafts took 52 % of editing, in the band of those before (35 % to 65 %)")
  }

  @Test("Above and below are told, and a slow rise does not widen the band")
  func sides() throws {
    #expect(try #require(EditBand(Self.before + [0.7, 0.7, 0.7, 0.6, 0.6])).isAbove)
    #expect(try #require(EditBand(Self.before + [0.3, 0.3, 0.3, 0.4, 0.4])).isBelow)
    let rise = (0..<15).map { 0.1 + 0.05 * Double($0) }
    #expect(try #require(EditBand(rise)).isAbove)
  }

  @Test("Drafts that are all alike have a narrow band, not none, and rounding is no drift")
  func alike() throws {
    let band = try #require(EditBand([Double](repeating: 0.1, count: 15)))
    #expect(!band.isAbove && !band.isBelow && abs(band.upper - 0.12) <= 1e-15)
  }

  @Test("Only the twenty drafts before the latest count, and with fewer than ten there is no band")
  func counts() throws {
    let latest = [0.5, 0.5, 0.5, 0.5, 0.5]
    #expect(EditBand(Self.before.dropLast() + latest) == nil)
    #expect(
      EditBand([9, 8, 7] + Self.before + Self.before + latest) == EditBand(Self.before + Self.before + latest)
    )
  }
}
