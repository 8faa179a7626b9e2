import Files

/// The texts of one document, as duplicates are looked for.
package struct DocumentTexts: Sendable {
  /// The digest of each text in lower case with white space collapsed.
  package let fingerprints: [Fingerprint]
  /// The shingles of each text.
  let shingles: [Shingles]

  /// A document that is compared by the same texts exactly and nearly.
  package init(_ texts: [String]) { self.init(exact: texts, near: texts) }

  /// A document that is repeated exactly by one of `exact`, or nearly by the text of `near` in its place.
  init(exact: [String], near: [String]) {
    precondition(exact.count == near.count, "\(exact.count) texts do not pair with \(near.count)")
    fingerprints = exact.map(DocumentTexts.fingerprint)
    shingles = near.map(Shingles.init)
  }

  /// The digest of `text` in lower case with white space collapsed.
  static func fingerprint(of text: String) -> Fingerprint { Fingerprint(of: normalized(text)) }

  /// The bytes of `text` in lower case, with every run of ASCII white space as one space and none at the ends.
  private static func normalized(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var spaceIsDue = false
    for byte in text.lowercased().utf8 {
      if byte == 0x20 || (0x09...0x0D).contains(byte) {
        spaceIsDue = !bytes.isEmpty
      } else {
        if spaceIsDue { bytes.append(0x20) }
        spaceIsDue = false
        bytes.append(byte)
      }
    }
    return bytes
  }
}
