/// Links, images and addresses: what a reader sees of them stays.
extension MarkdownCleaner {
  /// Drops `![words](address)`, `![words][name]` and `![name]`.
  mutating func dropImage() -> Bool {
    guard bytes[position...].starts(with: "![".utf8), let end = linkEnd(from: position + 1) else {
      return false
    }
    return drop(end.link - position, as: .embed)
  }

  /// Leaves the words of `[words](address)`, `[words][name]` and `[name]`, which are cleaned in their turn.
  mutating func unwrapLink() -> Bool {
    guard let end = linkEnd(from: position), !bytes[position...].starts(with: "[^".utf8) else { return false }
    count(.linkTarget)
    let words = MarkdownCleaner(fragment: Array(bytes[position + 1..<end.words]), of: self)
    output += words.output
    changes.merge(words.changes, uniquingKeysWith: +)
    position = end.link
    return true
  }

  /// Where the words of the link that opens at `start` end, and where it ends itself.
  private func linkEnd(from start: Int) -> (words: Int, link: Int)? {
    guard let words = closing(UInt8(ascii: "["), UInt8(ascii: "]"), from: start) else { return nil }
    switch words + 1 < bytes.count ? bytes[words + 1] : 0x0A {
    case UInt8(ascii: "("):
      return closing(UInt8(ascii: "("), UInt8(ascii: ")"), from: words + 1).map { (words, $0 + 1) }
    case UInt8(ascii: "["):
      return closing(UInt8(ascii: "["), UInt8(ascii: "]"), from: words + 1).map { (words, $0 + 1) }
    default: return isDefined(bytes[start + 1..<words]) ? (words, words + 1) : nil
    }
  }

  /// Whether a link is defined under a name.
  func isDefined(_ name: ArraySlice<UInt8>) -> Bool { names.contains(LinkDefinitions.name(name)) }

  /// The partner of the bracket at `start`, within the paragraph.
  private func closing(_ open: UInt8, _ close: UInt8, from start: Int) -> Int? {
    var depth = 0
    var index = start
    while index < bytes.count, index - start < 4096 {
      switch bytes[index] {
      case UInt8(ascii: "\\"): index += 1
      case open: depth += 1
      case close:
        depth -= 1
        if depth == 0 { return index }
      case 0x0A where index + 1 < bytes.count && bytes[index + 1] == 0x0A: return nil
      default: break
      }
      index += 1
    }
    return nil
  }

  private static let trackers = ["utm_", "fbclid", "gclid", "mc_cid", "mc_eid", "igshid"]

  /// Copies an address in the text without the parameters that follow its readers.
  mutating func cleanAddress() -> Bool {
    let rest = bytes[position...]
    guard rest.starts(with: "http://".utf8) || rest.starts(with: "https://".utf8) else { return false }
    copyAddress(to: rest.firstIndex { $0.isASCIISpace || ">)".utf8.contains($0) } ?? bytes.count)
    return true
  }

  /// Leaves the address of `<address>`, which is its words as well.
  mutating func unwrapAutolink() -> Bool {
    let rest = bytes[(position + 1)...]
    guard rest.starts(with: "http://".utf8) || rest.starts(with: "https://".utf8),
      let end = rest.firstIndex(where: { $0 <= 0x20 || "<>".utf8.contains($0) }),
      bytes[end] == UInt8(ascii: ">")
    else { return false }
    count(.linkTarget)
    position += 1
    copyAddress(to: end)
    position += 1
    return true
  }

  private mutating func copyAddress(to end: Int) {
    let address = bytes[position..<end]
    position = end
    let parts = address.split(separator: UInt8(ascii: "?"), maxSplits: 1)
    let parameters = parts.count == 2 ? parts[1].split(separator: UInt8(ascii: "&")) : []
    let kept = parameters.filter { parameter in !Self.trackers.contains { parameter.starts(with: $0.utf8) } }
    guard kept.count < parameters.count else {
      output += address
      return
    }
    output += parts[0]
    if !kept.isEmpty { output += [UInt8(ascii: "?")] + kept.joined(separator: [UInt8(ascii: "&")]) }
    count(.tracking)
  }
}
