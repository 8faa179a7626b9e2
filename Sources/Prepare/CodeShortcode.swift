/// WordPress's shortcodes for code, `[code language="css"]` and `[sourcecode]`, in which markup is shown and not obeyed.
enum CodeShortcode {
  private static let names = ["code", "sourcecode"]

  /// `html` with each of them as an element `pre`; one without an end stays as it is.
  static func preformatted(_ html: String) -> String {
    let bytes = Array(html.utf8)
    var output: [UInt8] = []
    var position = 0
    while let start = bytes[position...].firstIndex(of: UInt8(ascii: "[")) {
      output += bytes[position..<start]
      position = start
      guard let (code, end) = code(in: bytes, at: start) else {
        output.append(bytes[start])
        position += 1
        continue
      }
      output += "<pre>".utf8
      for byte in bytes[code] { output += byte == UInt8(ascii: "<") ? Array("&lt;".utf8) : [byte] }
      output += "</pre>".utf8
      position = end
    }
    return String(decoding: output + bytes[position...], as: UTF8.self)
  }

  /// The code of the shortcode that starts at `start`, and where that ends.
  private static func code(in bytes: [UInt8], at start: Int) -> (code: Range<Int>, end: Int)? {
    let rest = bytes[(start + 1)...]
    guard let name = names.first(where: { rest.starts(with: $0.utf8) }) else { return nil }
    let attributes = rest.dropFirst(name.utf8.count)
    guard let next = attributes.first, next == UInt8(ascii: "]") || next == 0x20,
      let open = attributes.firstIndex(of: UInt8(ascii: "]"))
    else { return nil }
    let closing = Array("[/\(name)]".utf8)
    return bytes[open...].firstOffset(of: closing).map { (open + 1..<$0, $0 + closing.count) }
  }
}
