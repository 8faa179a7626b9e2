/// Characters written by name or number: `&amp;`, `&#8217;`, `&#x2014;`.
///
/// The names are those of HTML 4.01, section 24, and `apos`; what they and numbers stand for is as in HTML's standard, which
/// takes 128 to 159 for Windows-1252.
enum HTMLEntities {
  /// The names of the characters from 160 on, in their order.
  private static let latin = """
    nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 \
    sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc \
    Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve \
    Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute \
    acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde \
    ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml
    """
  /// The other names, each before its character.
  private static let symbols = """
    quot " amp & lt < gt > apos ' OElig Œ oelig œ Scaron Š scaron š Yuml Ÿ fnof ƒ circ ˆ tilde ˜ Alpha Α \
    Beta Β Gamma Γ Delta Δ Epsilon Ε Zeta Ζ Eta Η Theta Θ Iota Ι Kappa Κ Lambda Λ Mu Μ Nu Ν Xi Ξ Omicron \
    Ο Pi Π Rho Ρ Sigma Σ Tau Τ Upsilon Υ Phi Φ Chi Χ Psi Ψ Omega Ω alpha α beta β gamma γ delta δ \
    epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ nu ν xi ξ omicron ο pi π rho ρ sigmaf ς \
    sigma σ tau τ upsilon υ phi φ chi χ psi ψ omega ω thetasym ϑ upsih ϒ piv ϖ ndash – mdash — lsquo ‘ \
    rsquo ’ sbquo ‚ ldquo “ rdquo ” bdquo „ dagger † Dagger ‡ bull • hellip … permil ‰ prime ′ Prime ″ \
    lsaquo ‹ rsaquo › oline ‾ frasl ⁄ euro € image ℑ weierp ℘ real ℜ trade ™ alefsym ℵ larr ← uarr ↑ \
    rarr → darr ↓ harr ↔ crarr ↵ lArr ⇐ uArr ⇑ rArr ⇒ dArr ⇓ hArr ⇔ forall ∀ part ∂ exist ∃ empty ∅ \
    nabla ∇ isin ∈ notin ∉ ni ∋ prod ∏ sum ∑ minus − lowast ∗ radic √ prop ∝ infin ∞ ang ∠ and ∧ or ∨ \
    cap ∩ cup ∪ int ∫ there4 ∴ sim ∼ cong ≅ asymp ≈ ne ≠ equiv ≡ le ≤ ge ≥ sub ⊂ sup ⊃ nsub ⊄ sube ⊆ \
    supe ⊇ oplus ⊕ otimes ⊗ perp ⊥ sdot ⋅ lceil ⌈ rceil ⌉ lfloor ⌊ rfloor ⌋ lang ⟨ rang ⟩ loz ◊ spades ♠ \
    clubs ♣ hearts ♥ diams ♦
    """
  /// What 128 to 159 stand for.
  private static let windows = Array(
    "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ".unicodeScalars)

  private static let names: [String: String] = {
    var names: [String: String] = [
      "ensp": "\u{2002}", "emsp": "\u{2003}", "thinsp": "\u{2009}", "zwnj": "\u{200C}", "zwj": "\u{200D}",
      "lrm": "\u{200E}", "rlm": "\u{200F}",
    ]
    for (name, code) in zip(latin.split(separator: " "), 160...) {
      names[String(name)] = Unicode.Scalar(code).map { text(of: $0) }
    }
    let words = symbols.split(separator: " ").map(String.init)
    for index in stride(from: 0, to: words.count, by: 2) { names[words[index]] = words[index + 1] }
    return names
  }()

  /// `text` with its entities as characters; an unknown one stays as it is written.
  static func decoded(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var position = 0
    while let start = bytes[position...].firstIndex(of: UInt8(ascii: "&")) {
      result += bytes[position..<start]
      let entity = entity(bytes[start...])
      result += entity?.text.utf8 ?? "&".utf8
      position = start + (entity?.length ?? 1)
    }
    return String(decoding: result + bytes[position...], as: UTF8.self)
  }

  /// The characters that the entity at the start of `bytes` stands for, and its length.
  static func entity(_ bytes: some Collection<UInt8>) -> (text: String, length: Int)? {
    guard let name = name(bytes) else { return nil }
    let length = name.utf8.count + 2
    guard name.hasPrefix("#") else { return names[name].map { ($0, length) } }
    let isHexadecimal = name.dropFirst().first == "x" || name.dropFirst().first == "X"
    let digits = name.dropFirst(isHexadecimal ? 2 : 1)
    guard !digits.isEmpty, digits.allSatisfy({ isHexadecimal ? $0.isHexDigit : $0.isNumber }) else {
      return nil
    }
    let code = UInt32(digits, radix: isHexadecimal ? 16 : 10) ?? .max
    let scalar = (128..<160).contains(code) ? windows[Int(code) - 128] : Unicode.Scalar(code)
    return (text(of: code == 0 ? "\u{FFFD}" : scalar ?? "\u{FFFD}"), length)
  }

  /// What stands between the `&` at the start of `bytes` and its `;`, where that is a name or a number.
  static func name(_ bytes: some Collection<UInt8>) -> String? {
    guard bytes.first == UInt8(ascii: "&") else { return nil }
    let rest = bytes.dropFirst().prefix(32)
    let name = rest.prefix { $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "#") }
    guard !name.isEmpty, name.endIndex < rest.endIndex, rest[name.endIndex] == UInt8(ascii: ";") else {
      return nil
    }
    return String(decoding: name, as: UTF8.self)
  }

  /// A space that does not break is a space, and a hyphen that only may stand is none.
  private static func text(of scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\u{A0}": " "
    case "\u{AD}": ""
    default: String(Character(scalar))
    }
  }
}
