/// Secrets and personal data in a text: what must not be learned, since a model may repeat it.
struct SensitiveText {
  /// What was found.
  enum Kind: String, CaseIterable, Sendable {
    case key
    case emailAddress = "email_address"
    case telephoneNumber = "telephone_number"

    /// In words; between brackets also what stands in its place.
    var noun: String {
      switch self {
      case .key: "key"
      case .emailAddress: "e-mail address"
      case .telephoneNumber: "telephone number"
      }
    }
  }

  /// One place.
  struct Finding: Equatable, Sendable {
    let kind: Kind
    /// Bytes of the text.
    let range: Range<Int>
  }

  /// The findings in `text`, in its order and apart.
  static func findings(in text: String) -> [Finding] {
    let bytes = Array(text.utf8)
    var findings: [Finding] = []
    var index = 0
    while index < bytes.count {
      let finding = key(bytes, at: index) ?? email(bytes, at: index) ?? telephone(bytes, at: index)
      if let finding, finding.range.lowerBound >= findings.last?.range.upperBound ?? 0 {
        findings.append(finding)
        index = finding.range.upperBound
      } else {
        index += 1
      }
    }
    return findings
  }

  /// `text` with each of `findings` replaced by its name in brackets.
  static func redacted(_ text: String, _ findings: [Finding]) -> String {
    let bytes = Array(text.utf8)
    var output: [UInt8] = []
    var position = 0
    for finding in findings {
      output += bytes[position..<finding.range.lowerBound] + "[\(finding.kind.noun)]".utf8
      position = finding.range.upperBound
    }
    return String(decoding: output + bytes[position...], as: UTF8.self)
  }

  // MARK: Keys

  /// How the keys of well-known services start.
  private static let keyPrefixes = [
    "sk-", "sk_live_", "rk_live_", "ghp_", "gho_", "github_pat_", "glpat-", "AKIA", "AIza", "xoxb-", "xoxp-",
    "hf_", "eyJ",
  ].map { Array($0.utf8) }
  private static let keyFirstBytes = Set(keyPrefixes.compactMap(\.first))

  private static func key(_ bytes: [UInt8], at index: Int) -> Finding? {
    if bytes[index] == UInt8(ascii: "-"), bytes[index...].starts(with: "-----BEGIN ".utf8),
      let name = bytes[index..<min(index + 64, bytes.count)].firstOffset(of: Array("PRIVATE KEY".utf8))
    {
      let end = bytes[name...].firstOffset(of: Array("-----END".utf8)).flatMap { end in
        bytes[end...].firstOffset(of: Array("KEY-----".utf8)).map { $0 + 8 }
      }
      return Finding(kind: .key, range: index..<(end ?? bytes.count))
    }
    guard keyFirstBytes.contains(bytes[index]), index == 0 || !bytes[index - 1].isASCIIWord,
      keyPrefixes.contains(where: { bytes[index...].starts(with: $0) })
    else { return nil }
    let run = bytes[index...].prefix { $0.isASCIIWord || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    // Real keys are longer than words, and mix letters with digits.
    guard run.count >= 20, run.contains(where: \.isASCIIDigit) else { return nil }
    return Finding(kind: .key, range: run.startIndex..<run.endIndex)
  }

  // MARK: E-mail addresses

  /// The address whose first byte is at `index`.
  private static func email(_ bytes: [UInt8], at index: Int) -> Finding? {
    guard isLocalPart(bytes[index]), index == 0 || !isLocalPart(bytes[index - 1]) else { return nil }
    let local = bytes[index...].prefix(while: isLocalPart)
    guard local.endIndex < bytes.count, bytes[local.endIndex] == UInt8(ascii: "@") else { return nil }
    var domain = bytes[(local.endIndex + 1)...].prefix {
      $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
    }
    while domain.last == UInt8(ascii: ".") || domain.last == UInt8(ascii: "-") { domain.removeLast() }
    guard let dot = domain.lastIndex(of: UInt8(ascii: ".")), dot > domain.startIndex,
      domain.endIndex - dot > 2, domain[(dot + 1)...].allSatisfy(\.isASCIILetter)
    else { return nil }
    return Finding(kind: .emailAddress, range: index..<domain.endIndex)
  }

  private static func isLocalPart(_ byte: UInt8) -> Bool {
    byte.isASCIIWord || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: "%")
  }

  // MARK: Telephone numbers

  /// A number that starts with `+` and has 8 to 15 digits, or the North American form of 3, 3 and 4 digits.
  ///
  /// A run of digits alone is no number: it may be a year, a sum, a page or an ISBN.
  private static func telephone(_ bytes: [UInt8], at index: Int) -> Finding? {
    guard bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "(") || bytes[index].isASCIIDigit,
      index == 0 || !(bytes[index - 1].isASCIIWord || "+-.".utf8.contains(bytes[index - 1]))
    else { return nil }
    let run = bytes[index...].prefix { $0.isASCIIDigit || "+-. ()".utf8.contains($0) }
    let end = run.lastIndex(where: \.isASCIIDigit).map { $0 + 1 } ?? index
    let groups = bytes[index..<end].split { !$0.isASCIIDigit }
    let digits = groups.reduce(0) { $0 + $1.count }
    let isInternational =
      bytes[index] == UInt8(ascii: "+") && (8...15).contains(digits)
      && index + 1 < bytes.count && bytes[index + 1].isASCIIDigit
    let isNorthAmerican = groups.map(\.count) == [3, 3, 4]
    guard isInternational || isNorthAmerican, end == bytes.count || !bytes[end].isASCIIWord else {
      return nil
    }
    return Finding(kind: .telephoneNumber, range: index..<end)
  }
}
