import Files
import TestSupport
import Testing

@Suite("Fingerprint") struct FingerprintTests {
  // The two digests are test vectors of FIPS 180-2, appendix B.
  static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  @Test("is the SHA-256 digest in hexadecimal")
  func digest() throws {
    #expect(Fingerprint(of: []).hex == Self.empty)
    #expect(Fingerprint(of: Array("abc".utf8)).hex == Self.abc)
    let folder = try TemporaryFolder()
    try folder.put("abc", as: "file")
    #expect(try Fingerprint(contentsOf: folder("file")).description == Self.abc)
  }

  @Test("of a file that is read in parts is that of its bytes")
  func parts() throws {
    let folder = try TemporaryFolder()
    let bytes = (0..<(16 << 20) + 3).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }
    try folder.put(String(decoding: bytes.map { $0 & 0x7f }, as: UTF8.self), as: "file")
    #expect(try Fingerprint(contentsOf: folder("file")) == Fingerprint(of: bytes.map { $0 & 0x7f }))
  }

  @Test("does not depend on how the bytes are cut")
  func pieces() {
    var fingerprinter = Fingerprinter()
    for piece in ["a", "", "bc"] { Array(piece.utf8).withUnsafeBytes { fingerprinter.append($0) } }
    #expect(fingerprinter.finish().hex == Self.abc)
  }
}
