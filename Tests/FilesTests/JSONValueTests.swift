import Files
import Testing

@Suite("JSON values") struct JSONValueTests {
  @Test("keys that Swift calls equal but differ in bytes stay apart", arguments: [2, 100])
  func canonicalEquivalence(count: Int) {
    var object = JSONObject()
    object["\u{E9}"] = 1
    object["e\u{301}"] = 2
    for filler in 2..<max(count, 3) { object["token \(filler)"] = .integer(Int64(filler)) }
    #expect(object["\u{E9}"] == 1)
    #expect(object["e\u{301}"] == 2)
    #expect(JSONValue.string("\u{E9}") != .string("e\u{301}"))
  }

  // Around the size at which lookup turns from a scan to a hash table, and where the table grows.
  @Test("lookup, replacement and removal agree with a dictionary", arguments: [1, 7, 8, 9, 10, 16, 17, 1000])
  func lookup(count: Int) {
    var object = JSONObject()
    var reference: [String: JSONValue] = [:]
    for number in 0..<count {
      object["key\(number)"] = .integer(Int64(number))
      reference["key\(number)"] = .integer(Int64(number))
    }
    object["key0"] = "first"
    reference["key0"] = "first"
    object["key\(count / 2)"] = nil
    reference["key\(count / 2)"] = nil
    object["last"] = true
    reference["last"] = true
    let addedTwice = object.append("last", false)
    #expect(!addedTwice)
    #expect(object.count == reference.count)
    for number in 0...count { #expect(object["key\(number)"] == reference["key\(number)"]) }
    #expect(object["last"] == true)
    #expect(object.keys.last == "last")
  }

  @Test("accessors answer only for their own kind")
  func accessors() {
    let value: JSONValue = ["n": nil, "b": true, "i": 64, "d": 64.0, "f": 0.5, "s": "x", "a": [1], "o": [:]]
    #expect(value["n"]?.isNull == true)
    #expect(value["b"]?.boolValue == true)
    #expect(value["i"]?.intValue == 64)
    #expect(value["d"]?.intValue == 64)
    #expect(value["f"]?.intValue == nil)
    #expect(JSONValue.number(1e300).intValue == nil)
    #expect(value["i"]?.doubleValue == 64)
    #expect(value["f"]?.doubleValue == 0.5)
    #expect(value["s"]?.stringValue == "x")
    #expect(value["s"]?.intValue == nil)
    #expect(value["b"]?.intValue == nil)
    #expect(value["a"]?.arrayValue == [1])
    #expect(value["o"]?.objectValue == JSONObject())
    #expect(value["missing"] == nil)
    #expect(value["s"]?["x"] == nil)
    #expect(
      value.objectValue?.members.map(\.value.kindName)
        == ["null", "a boolean", "a number", "a number", "a number", "a string", "a list", "an object"])
  }

  @Test("objects are equal only in the same order")
  func order() {
    let value: JSONValue = ["a": 1, "b": 2]
    #expect(value != ["b": 2, "a": 1])
    #expect(value.objectValue?.keys == ["a", "b"])
  }
}
