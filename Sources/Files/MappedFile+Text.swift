extension MappedFile {
  /// The bytes of a text: without the byte order mark at its start, and with `\n` for each `\r\n`.
  package var textBytes: [UInt8] {
    bytes.dropFirst(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0).withLineFeeds
  }
}

extension Collection<UInt8> {
  /// The bytes of a text with `\n` for each `\r\n`.
  fileprivate var withLineFeeds: [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(count)
    for byte in self {
      if byte == 0x0A, text.last == 0x0D { text.removeLast() }
      text.append(byte)
    }
    return text
  }
}

extension String {
  /// The text with `\n` for each `\r\n`, which is one `Character` and none of the two.
  package var withLineFeeds: String { String(decoding: utf8.withLineFeeds, as: UTF8.self) }
}
