import Files
import TestSupport
import Testing

/// A text with what it must parse to, or with the whole error text.
struct JSONCase<Expected: Sendable>: Sendable, CustomTestStringConvertible {
  let text: [UInt8]
  let expected: Expected

  init(_ text: String, _ expected: Expected) {
    self.init(Array(text.utf8), expected)
  }

  init(_ text: [UInt8], _ expected: Expected) {
    self.text = text
    self.expected = expected
  }

  var testDescription: String { String(decoding: text.prefix(40), as: UTF8.self) }
}

@Suite("JSON parser") struct JSONParserTests {
  static let valid: [JSONCase<JSONValue>] = [
    JSONCase("null", nil),
    JSONCase(" \t\r\n true ", true),
    JSONCase("false", false),
    JSONCase("0", 0),
    JSONCase("-0", .number(-0.0)),
    JSONCase("-1", -1),
    JSONCase("9223372036854775807", .integer(.max)),
    JSONCase("-9223372036854775808", .integer(.min)),
    JSONCase("9223372036854775808", .number(0x1p63)),
    JSONCase("-9223372036854775809", .number(-0x1p63)),
    JSONCase("9007199254740993", 9_007_199_254_740_993),
    JSONCase("1.0", .number(1)),
    JSONCase("0.1", 0.1),
    JSONCase("1e3", .number(1000)),
    JSONCase("1E-2", 0.01),
    JSONCase("2.5e+1", .number(25)),
    JSONCase("0e0", .number(0)),
    JSONCase("4.9e-324", .number(.leastNonzeroMagnitude)),
    JSONCase("1e-999", .number(0)),
    JSONCase("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
    JSONCase("[]", []),
    JSONCase("[ ]", []),
    JSONCase("{}", [:]),
    JSONCase("{ }", [:]),
    JSONCase("[1,[2,[]],{}]", [1, [2, []], [:]]),
    JSONCase(#"{"b":1,"a":{"c":null}}"#, ["b": 1, "a": ["c": nil]]),
    JSONCase(#"{"":0}"#, ["": 0]),
    JSONCase(#""""#, ""),
    JSONCase(#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
    JSONCase(#""\u0041\u00e9\u20AC""#, "A\u{E9}\u{20AC}"),
    JSONCase(#""\ud83d\ude00 and \uD834\uDD1E""#, "\u{1F600} and \u{1D11E}"),
    JSONCase(#""\u0000""#, "\0"),
    JSONCase("\"\u{7F} é 語 😀\"", "\u{7F} é 語 😀"),
    JSONCase(#""0123456\"""#, "0123456\""),
    JSONCase(#""01234567\"89abcdef\\""#, "01234567\"89abcdef\\"),
    JSONCase("\u{FEFF}[1]", [1]),
  ]

  @Test("reads what RFC 8259 allows", arguments: valid)
  func reads(example: JSONCase<JSONValue>) throws {
    let value = try JSONParser.parse(example.text)
    #expect(value == example.expected)
    // Equality of doubles overlooks the sign of zero.
    if case .number(let expected) = example.expected { #expect(value.doubleValue?.sign == expected.sign) }
  }

  private static let escapes =
    #"expected one of \" \\ \/ \b \f \n \r \t or \u and four hexadecimal digits. Correct the escape."#
  private static let cut = "The text is cut short: write or fetch it again."
  private static let correct = "Correct the JSON there."

  static let invalid: [JSONCase<String>] = [
    JSONCase("", "1:1: found the end of the text; expected a value. \(cut)"),
    JSONCase(" \n ", "2:2: found the end of the text; expected a value. \(cut)"),
    JSONCase("nul", "1:1: found \"nul\"; expected a value. \(correct)"),
    JSONCase("NaN", "1:1: found \"NaN\"; expected a value. \(correct)"),
    JSONCase("-Infinity", "1:2: found \"Infinity\"; expected a digit. \(correct)"),
    JSONCase("nulls", "1:5: found \"s\"; expected the end of the text. \(correct)"),
    JSONCase("1 2", "1:3: found \"2\"; expected the end of the text. \(correct)"),
    JSONCase("01", "1:2: found \"1\"; expected no digit after a leading zero. \(correct)"),
    JSONCase("-", "1:2: found the end of the text; expected a digit. \(cut)"),
    JSONCase("+1", "1:1: found \"+\"; expected a value. \(correct)"),
    JSONCase(".5", "1:1: found \".\"; expected a value. \(correct)"),
    JSONCase("1.", "1:3: found the end of the text; expected a digit. \(cut)"),
    JSONCase("[1.e3]", "1:4: found \"e\"; expected a digit. \(correct)"),
    JSONCase("1e+", "1:4: found the end of the text; expected a digit. \(cut)"),
    JSONCase("0x1F", "1:2: found \"x\"; expected the end of the text. \(correct)"),
    JSONCase("1e999", "1:1: found the number 1e999; expected a magnitude below 1.8e308. Correct the number."),
    JSONCase("[1,]", "1:4: found \"]\"; expected a value. \(correct)"),
    JSONCase("[1 2]", "1:4: found \"2\"; expected \",\" or \"]\". \(correct)"),
    JSONCase("[", "1:2: found the end of the text; expected a value. \(cut)"),
    JSONCase("[1", "1:3: found the end of the text; expected \",\" or \"]\". \(cut)"),
    JSONCase("]", "1:1: found \"]\"; expected a value. \(correct)"),
    JSONCase("{", "1:2: found the end of the text; expected a key in quotes or \"}\". \(cut)"),
    JSONCase("{a:1}", "1:2: found \"a\"; expected a key in quotes or \"}\". \(correct)"),
    JSONCase("{'a':1}", "1:2: found \"'\"; expected a key in quotes or \"}\". \(correct)"),
    JSONCase(#"{"a" 1}"#, "1:6: found \"1\"; expected \":\". \(correct)"),
    JSONCase(#"{"a":1,}"#, "1:8: found \"}\"; expected a key in quotes. \(correct)"),
    JSONCase(#"{"a":1 "b":2}"#, "1:8: found \"\"\"; expected \",\" or \"}\". \(correct)"),
    JSONCase("[1] // no", "1:5: found \"/\"; expected the end of the text. \(correct)"),
    JSONCase("\u{C}1", "1:1: found control character 0x0C; expected a value. \(correct)"),
    JSONCase("\u{A0}1", "1:1: found byte 0xC2; expected a value. \(correct)"),
    JSONCase(
      "{\n  \"é\": 1,\n  \"é\": 2\n}",
      "3:3: found the key \"é\" for the second time; expected each key once. Remove one of the two."),
    JSONCase("\"abc", "1:5: found the end of the text; expected a closing quote. \(cut)"),
    JSONCase("\"abc\\", "1:6: found the end of the text; expected an escape. \(cut)"),
    JSONCase("\"\\u12", "1:6: found the end of the text; expected four hexadecimal digits. \(cut)"),
    JSONCase(#""\x41""#, #"1:2: found the escape \x; "# + escapes),
    JSONCase(#""éé\u12g4""#, #"1:4: found the escape \u12g; "# + escapes),
    JSONCase(
      "\"a\nb\"",
      "1:3: found control character 0x0A in a string; expected an escape. Write it as \\u000A."),
    JSONCase(
      #""\ud83d""#,
      #"1:2: found \ud83d, half of a surrogate pair; expected both halves, high then low. "#
        + "Correct the escape."),
    JSONCase(
      #""\ude00\ud83d""#,
      #"1:2: found \ude00, half of a surrogate pair; expected both halves, high then low. "#
        + "Correct the escape."),
    JSONCase(
      #""\ud83d\u0041""#,
      #"1:2: found \ud83d, half of a surrogate pair; expected both halves, high then low. "#
        + "Correct the escape."),
    JSONCase(
      [0x22, 0xC3, 0xA9, 0x61, 0xFF, 0x22],
      "1:4: found byte 0xFF, which is not UTF-8 here; expected UTF-8 text. Convert the file to UTF-8."),
    // An overlong slash, an encoded surrogate half, a sequence cut by the quote, one with an escape before.
    JSONCase(
      [0x22, 0xC0, 0xAF, 0x22],
      "1:2: found byte 0xC0, which is not UTF-8 here; expected UTF-8 text. Convert the file to UTF-8."),
    JSONCase(
      [0x22, 0xED, 0xA0, 0x80, 0x22],
      "1:2: found byte 0xED, which is not UTF-8 here; expected UTF-8 text. Convert the file to UTF-8."),
    JSONCase(
      [0x22, 0xE2, 0x82, 0x22],
      "1:2: found byte 0xE2, which is not UTF-8 here; expected UTF-8 text. Convert the file to UTF-8."),
    JSONCase(
      [0x22, 0x5C, 0x6E, 0x80, 0x22],
      "1:4: found byte 0x80, which is not UTF-8 here; expected UTF-8 text. Convert the file to UTF-8."),
  ]

  @Test("refuses everything else and says where and why", arguments: invalid)
  func refuses(example: JSONCase<String>) throws {
    let error = #expect(throws: JSONParseError.self) {
      try JSONParser.parse(example.text, file: "config.json")
    }
    #expect(error?.description == "config.json:" + example.expected)
  }

  @Test("every strict prefix of a document is refused without a trap")
  func prefixes() throws {
    let text = Array(#"{"a":[-1.5e+3,"\ud83d\ude00é","x"],"b":{"c":null,"d":true}}"#.utf8)
    _ = try JSONParser.parse(text)
    for count in 0..<text.count {
      #expect(throws: JSONParseError.self) { try JSONParser.parse(Array(text.prefix(count))) }
    }
  }

  // The scan for the end of a string goes by words of eight bytes, whose bytes must not disturb each other.
  @Test("the bytes that end a plain run are found at every place, and their neighbours are plain")
  func stringScan() throws {
    let special: [UInt8] = [0x00, 0x0A, 0x1F, 0x22, 0x5C]
    for byte in [0x20, 0x21, 0x23, 0x5B, 0x5D, 0x7F] + special {
      for place in 0..<19 {
        var content = [UInt8](repeating: 0x61, count: 20)
        content[place] = byte
        let text = [0x22] + content + [0x22]
        if special.contains(byte) {
          let error = #expect(throws: JSONParseError.self) { try JSONParser.parse(text) }
          // After a quote comes rubbish; the others are at fault themselves.
          #expect(error?.column == (byte == 0x22 ? place + 3 : place + 2))
        } else {
          #expect(try JSONParser.parse(text) == .string(String(decoding: content, as: UTF8.self)))
        }
      }
    }
  }

  @Test("nesting is allowed to the limit and no further")
  func depth() throws {
    let limit = JSONParser.depthLimit
    let nested = { (depth: Int) in
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try JSONParser.parse(nested(limit))
    let error = #expect(throws: JSONParseError.self) { try JSONParser.parse(nested(limit + 1)) }
    #expect(
      error?.description
        == "JSON:1:513: found more than 512 nested lists and objects; expected at most 512. Flatten the JSON."
    )
    #expect(throws: JSONParseError.self) {
      try JSONParser.parse(String(repeating: "{\"a\":", count: 1 << 20))
    }
  }

  @Test("of a file that may be missing, only its absence is no error")
  func optionalFile() throws {
    let folder = try TemporaryFolder()
    #expect(try JSONParser.parse(ifPresent: folder("none.json")) == nil)
    #expect(try JSONParser.parse(ifPresent: try folder.put("[1]", as: "one.json")) == [1])
    try folder.put("{", as: "broken.json")
    #expect(throws: JSONParseError.self) { _ = try JSONParser.parse(ifPresent: folder("broken.json")) }
    #expect(throws: FileError.self) { _ = try JSONParser.parse(ifPresent: folder.path) }
  }

  @Test("a line of a larger file is named by its own number")
  func lineNumber() {
    let error = #expect(throws: JSONParseError.self) {
      try JSONParser.parse("{", file: "archive.jsonl", firstLine: 17)
    }
    #expect(error?.line == 17)
    #expect(error?.file == "archive.jsonl")
  }
}
