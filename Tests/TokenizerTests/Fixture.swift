import TestSupport
import Files
import Foundation

@testable import Tokenizer

/// The tokenizers of Tests/Fixtures/tokenizers and what the `tokenizers` library makes of their texts.
enum Fixture {
  static let names = ["gpt2", "llama3", "qwen2", "smollm2", "flags"]

  static func json(_ name: String) throws -> JSONValue {
    try JSONParser.parse(contentsOf: Fixtures.tokenizer("\(name).json"))
  }

  static func tokenizer(_ name: String) throws -> TextTokenizer {
    try TextTokenizer(json(name), file: "tokenizer.json")
  }

  /// The texts of the golden file with `key`'s value for the tokenizer `name`.
  static func golden(_ key: String, _ name: String) throws -> [(text: String, value: JSONValue)] {
    let golden = try json("golden")
    let texts = golden["texts"]?.arrayValue?.compactMap(\.stringValue) ?? []
    return zip(texts, golden[key]?[name]?.arrayValue ?? []).map { ($0, $1) }
  }
}

extension JSONValue {
  /// The ids in a list of numbers.
  var ids: [Int32] { arrayValue?.compactMap { $0.intValue.map { Int32($0) } } ?? [] }
}

/// SplitMix64: the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// A text of up to `count` characters, about half of them ASCII and the others from anywhere.
  mutating func text(upTo count: Int) -> String {
    var scalars = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...count, using: &self) {
      let highest: UInt32 = [0x7F, 0x7F, 0x7F, 0x250, 0xFFFF, 0x10FFFF].randomElement(using: &self) ?? 0
      if let scalar = Unicode.Scalar(UInt32.random(in: 0...highest, using: &self)) { scalars.append(scalar) }
    }
    return String(scalars)
  }
}
