import Testing

@testable import Train

@Suite("Row reader")
struct RowReaderTests {
  private func row(_ text: String) throws -> ArchiveRow {
    try Array(text.utf8).withUnsafeBytes { try RowReader.row($0, file: "a.jsonl", line: 17) }
  }

  @Test(
    "The keys decide the kind",
    arguments: [
      (#"{"text": "A."}"#, ArchiveRow.Content.text("A.")),
      (#"{"body": "A.", "tags": [1], "title": null}"#, .text("A.")),
      (
        #"{"content": "A.", "title": "T\nU"}"#,
        .post(title: "T U", seed: Seed(topic: "T U", length: 10), text: "A.")
      ),
      (
        #"{"text": "A.", "kind": "note"}"#,
        .post(title: nil, seed: Seed(length: 10, kind: "note"), text: "A.")
      ),
      (
        #"{"text": "A.", "kind": "log", "seed": {"topic": "t", "length": 20.0}}"#,
        .post(title: nil, seed: Seed(topic: "t", length: 20, kind: "log"), text: "A.")
      ),
      (
        #"{"text": "A.", "title": "T", "seed": {}}"#,
        .post(title: "T", seed: Seed(topic: "T", length: 10), text: "A.")
      ),
      (#"{"prompt": "P", "completion": "C", "text": "x"}"#, .completion(prompt: "P", completion: "C")),
      (
        #"{"messages": [{"role": "user", "content": "Hi"}]}"#,
        .chat([ArchiveRow.ChatMessage(role: "user", content: "Hi")])
      ),
      (
        #"{"seed": {"angle": "a"}, "draft": "D", "final": "F"}"#,
        .edit(title: nil, seed: Seed(angle: "a"), draft: "D", final: "F")
      ),
    ])
  func kinds(json: String, content: ArchiveRow.Content) throws {
    #expect(try row(json).content == content)
  }

  @Test("Name and date are kept, a number as a name too")
  func identity() throws {
    let named = try row(#"{"id": "x", "date": "2024-03-12", "text": "A."}"#)
    #expect(named.id == "x" && named.date == "2024-03-12" && named.place == "a.jsonl:17")
    #expect(try row(#"{"id": 7, "text": "A."}"#).id == "7")
  }

  @Test("Weight and spans are read, and count 1 where none are given")
  func weights() throws {
    let weighted = try row(
      #"{"text": "A b c.", "weight": 2.5, "spans": [{"start": 4, "end": 5, "weight": 0}, {"start": 0, "end": 1}]}"#
    )
    #expect(weighted.weight == 2.5)
    #expect(weighted.spans == [.init(bytes: 0..<1, weight: 1), .init(bytes: 4..<5, weight: 0)])
    let plain = try row(#"{"text": "A.", "weight": null, "spans": null}"#)
    #expect(plain.weight == 1 && plain.spans.isEmpty)
  }

  @Test(
    "A weight or span that cannot be is refused",
    arguments: [
      (#"{"text": "A.", "weight": -1}"#, #""weight" must be a number from 0 to 1000, found -1"#),
      (#"{"text": "A.", "weight": "high"}"#, #""weight" must be a number from 0 to 1000, found a string"#),
      (
        #"{"text": "A.", "spans": 3}"#, #""spans" must be a list of {"start", "end", "weight"}, found 3"#
      ),
      (
        #"{"text": "A.", "spans": [{"start": 1, "end": 3}]}"#,
        #""spans[0]" must be a "start" below its "end" within the 2 bytes of the text, found 1 and 3"#
      ),
      (
        #"{"text": "A.", "spans": [7]}"#,
        #""spans[0]" must be a "start" below its "end" within the 2 bytes of the text, found a number"#
      ),
      (
        #"{"text": "A b", "spans": [{"start": 0, "end": 2}, {"start": 1, "end": 3, "weight": 0}]}"#,
        #""spans" must be apart from one another, found 1 inside 0 to 2"#
      ),
      (
        #"{"text": "A b", "spans": [{"start": 0, "end": 2, "weight": 1e9}]}"#,
        #""spans[0].weight" must be a number from 0 to 1000, found 1000000000.0"#
      ),
    ])
  func badWeights(json: String, finding: String) {
    let problem = #expect(throws: RowProblem.self) { try row(json) }
    #expect(problem?.description == "a.jsonl:17: \(finding). Fix the row or drop it with --skip-bad-rows.")
  }

  @Test(
    "A bad row says where, what and how to go on",
    arguments: [
      (
        #"{"messages": "hello"}"#,
        #"a.jsonl:17: "messages" must be a list of {"role", "content"}, found a string. Fix the row or drop it with --skip-bad-rows."#
      ),
      (
        #"{"messages": [{"role": "user"}]}"#,
        #"a.jsonl:17: "messages" must be a list of {"role", "content"}, found an object without both as strings in it. Fix the row or drop it with --skip-bad-rows."#
      ),
      (
        #"{"messages": []}"#,
        #"a.jsonl:17: "messages" must have words in it, found none. Fix the row or drop it with --skip-bad-rows."#
      ),
      (
        #"{"text": 5}"#,
        #"a.jsonl:17: "text" must be a string, found 5. Fix the row or drop it with --skip-bad-rows."#
      ),
      (
        #"{"text": " \n\u00a0"}"#,
        #"a.jsonl:17: "text" must have words in it, found none. Fix the row or drop it with --skip-bad-rows."#
      ),
      (
        #"{"text": "A", "title": ["T"]}"#,
        #"a.jsonl:17: "title" must be a string, found a list. Fix the row or drop it with --skip-bad-rows."#
      ),
      (
        #"{"text": "A", "seed": "kettle"}"#,
        #"a.jsonl:17: "seed" must be an object of "topic", "angle", "length" and "kind", found a string. Fix the row or drop it with --skip-bad-rows."#
      ),
      (
        #"{"text": "A", "seed": {"length": 2.5}}"#,
        #"a.jsonl:17: "seed.length" must be a whole number of words above 0, found 2.5. Fix the row or drop it with --skip-bad-rows."#
      ),
      (
        #"{"prompt": "P"}"#,
        #"a.jsonl:17: found "prompt" without "completion"; expected both. Fix the row or drop it with --skip-bad-rows."#
      ),
      (
        #"{"final": "F", "text": "A"}"#,
        #"a.jsonl:17: found "final" without "draft"; expected both. Fix the row or drop it with --skip-bad-rows."#
      ),
      (
        #"["text"]"#,
        #"a.jsonl:17: a row must be one JSON object, found a list. Fix the row or drop it with --skip-bad-rows."#
      ),
      (
        "{}",
        #"a.jsonl:17: found no keys; expected "text", "prompt" and "completion", "messages", or "seed", "draft" and "final". Fix the row or drop it with --skip-bad-rows."#
      ),
      (
        #"{"title": "T", "Texts": "A"}"#,
        #"a.jsonl:17: found only "title", "Texts"; expected "text", "prompt" and "completion", "messages", or "seed", "draft" and "final". Rename "Texts" to "text" or drop the row with --skip-bad-rows."#
      ),
      (
        #"{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"j":0}"#,
        #"a.jsonl:17: found only "a", "b", "c", "d", "e", "f", "g", "h" and 2 more; expected "text", "prompt" and "completion", "messages", or "seed", "draft" and "final". Fix the row or drop it with --skip-bad-rows."#
      ),
      (
        #"{"text": "A"  "title": "B"}"#,
        #"a.jsonl:17:15: found """; expected "," or "}". Correct the JSON there. Or drop the row with --skip-bad-rows."#
      ),
    ])
  func messages(json: String, message: String) {
    let error = #expect(throws: RowProblem.self) { try row(json) }
    #expect(error?.description == message)
  }

  @Test("Bytes that are not UTF-8 are named with their column")
  func invalidUTF8() {
    let bytes = Array(#"{"text": "caf"#.utf8) + [0xE9] + Array(#"s"}"#.utf8)
    let error = #expect(throws: RowProblem.self) {
      try bytes.withUnsafeBytes { try RowReader.row($0, file: "a.jsonl", line: 3) }
    }
    #expect(
      error?.description
        == "a.jsonl:3:14: found byte 0xE9, which is not UTF-8 here; expected UTF-8 text. "
        + "Convert the file to UTF-8. Or drop the row with --skip-bad-rows.")
  }
}
