import Crypto

/// The SHA-256 digest of some bytes, by which a file is recognised again.
public struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
  /// The digest as 64 lower-case hexadecimal digits.
  public let hex: String

  /// The digest of `bytes`.
  public init(of bytes: UnsafeRawBufferPointer) {
    var fingerprinter = Fingerprinter()
    fingerprinter.append(bytes)
    self = fingerprinter.finish()
  }

  /// The digest of `bytes`.
  public init(of bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { Fingerprint(of: $0) }
  }

  /// The digest of the file at `path`.
  ///
  /// - Throws: ``FileError`` where it cannot be read.
  public init(contentsOf path: String) throws(FileError) {
    var fingerprinter = Fingerprinter()
    fingerprinter.append(try MappedFile(path: path))
    self = fingerprinter.finish()
  }

  fileprivate init(digest: SHA256.Digest) {
    hex = String(
      decoding: digest.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The digest as 64 lower-case hexadecimal digits.
  public var description: String { hex }

  private static let digits = Array("0123456789abcdef".utf8)
}

/// Computes the ``Fingerprint`` of bytes that come in pieces; where they are cut makes no difference.
public struct Fingerprinter {
  private var hash = SHA256()

  /// Starts with no bytes.
  public init() {}

  /// Adds `bytes` at the end.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    hash.update(bufferPointer: bytes)
  }

  /// Adds the bytes of `file` at the end, and holds only a part of them in memory at a time.
  public mutating func append(_ file: MappedFile) {
    for start in stride(from: 0, to: file.bytes.count, by: Self.partSize) {
      let end = min(file.bytes.count, start + Self.partSize)
      let part = UnsafeRawBufferPointer(rebasing: file.bytes[start..<end])
      append(part)
      file.release(part)
    }
  }

  private static let partSize = 16 << 20

  /// The digest of everything added so far.
  public func finish() -> Fingerprint {
    Fingerprint(digest: hash.finalize())
  }
}
