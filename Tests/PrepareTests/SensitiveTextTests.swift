import Testing

@testable import Prepare

@Suite("Secrets and personal data")
struct SensitiveTextTests {
  static let found = [
    ("write to a.b+c@mail.example.org.", "write to [e-mail address]."),
    ("call +49 30 1234567 or (212) 555-0123", "call [telephone number] or [telephone number]"),
    ("212-555-0123.", "[telephone number]."),
    ("key sk-abcdefghij0123456789 end", "key [key] end"),
    ("AKIAIOSFODNN7EXAMPLE12", "[key]"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nx", "[key]\nx"),
  ]

  @Test("Each is found and replaced by its name", arguments: found)
  func redacts(text: String, expected: String) {
    #expect(SensitiveText.redacted(text, SensitiveText.findings(in: text)) == expected)
  }

  @Test(
    "Years, sums, dates, ISBNs and words are none",
    arguments: [
      "in 1914-1918 and 2024-02-29", "978-3-16-148410-0", "1 000 000", "a@b", "@name", "sk-ate and hf_x",
      "3 + 4 = 7",
      "risk-abcdefghij0123456789",
    ])
  func spares(text: String) {
    #expect(SensitiveText.findings(in: text) == [])
  }
}
