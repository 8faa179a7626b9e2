import Files
import Testing

@Suite("JSON writer") struct JSONWriterTests {
  static let value: JSONValue = [
    "z": [1, -2.5, nil, true, "a\"b\\c\n\u{1}é"], "a": [:], "list": [], "nested": ["x": [[0]]],
  ]

  @Test("compact text has no white space and keeps the order")
  func compact() throws {
    #expect(
      try JSONWriter.string(of: Self.value)
        == #"{"z":[1,-2.5,null,true,"a\"b\\c\n\u0001é"],"a":{},"list":[],"nested":{"x":[[0]]}}"#)
  }

  @Test("pretty text indents by two spaces and ends with a newline")
  func pretty() throws {
    #expect(
      try JSONWriter.string(of: ["a": [1, [:]], "b": ["c": []], "d": "x"], layout: .pretty) == """
        {
          "a": [
            1,
            {}
          ],
          "b": {
            "c": []
          },
          "d": "x"
        }

        """)
  }

  @Test(
    "a number that JSON lacks is an error, not null",
    arguments: [(Double.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf")])
  func nonFinite(number: Double, name: String) {
    let error = #expect(throws: JSONWriteError.self) {
      try JSONWriter.bytes(of: ["losses": ["train": [1.0, .number(number)]]])
    }
    #expect(
      error?.description
        == "JSON value losses.train[1]: found \(name); expected a finite number. "
        + "Leave the member out or write the number as a string.")
  }

  @Test("random values survive writing and parsing", arguments: [JSONWriter.Layout.compact, .pretty])
  func roundTrip(layout: JSONWriter.Layout) throws {
    var random = SplitMix(state: 11)
    for _ in 0..<300 {
      let value = Self.randomValue(depth: 4, using: &random)
      let text = try JSONWriter.bytes(of: value, layout: layout)
      #expect(try JSONParser.parse(text) == value)
    }
  }

  @Test("doubles of every magnitude survive bit for bit")
  func doubles() throws {
    var random = SplitMix(state: 12)
    for _ in 0..<20_000 {
      let number = Double(bitPattern: random.next())
      guard number.isFinite else { continue }
      let value = try JSONParser.parse(try JSONWriter.bytes(of: .number(number)))
      guard case .number(let read) = value else {
        Issue.record("\(number) was read as \(value)")
        return
      }
      #expect(read.bitPattern == number.bitPattern)
    }
  }

  private static func randomValue(depth: Int, using random: inout SplitMix) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
    case 0: return nil
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .integer(Int64.random(in: .min ... .max, using: &random))
    case 3: return .number(Double.random(in: -1e6...1e6, using: &random))
    case 4, 5: return .string(randomText(using: &random))
    case 6:
      let count = Int.random(in: 0..<5, using: &random)
      return .array((0..<count).map { _ in randomValue(depth: depth - 1, using: &random) })
    default:
      var object = JSONObject()
      for _ in 0..<Int.random(in: 0..<12, using: &random) {
        object[randomText(using: &random)] = randomValue(depth: depth - 1, using: &random)
      }
      return .object(object)
    }
  }

  /// Scalars from the ranges that the writer and parser treat differently.
  private static func randomText(using random: inout SplitMix) -> String {
    let ranges: [ClosedRange<UInt32>] = [
      0...0x1F, 0x20...0x7F, 0x80...0x7FF, 0xE000...0xFFFF, 0x1_0000...0x10_FFFF,
    ]
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0..<20, using: &random) {
      let range = ranges[Int.random(in: 0..<ranges.count, using: &random)]
      if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random)) { text.append(scalar) }
    }
    return String(text)
  }
}

/// The SplitMix64 generator (Steele, Lea and Flood 2014), so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
