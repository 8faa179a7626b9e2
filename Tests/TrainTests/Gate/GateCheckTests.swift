import Testing

@testable import Train

@Suite("The checks of the gate")
struct GateCheckTests {
  static let examples: [(GateCheck.Rule, String, Bool)] = [
    (.contains("kettle"), "a kettle sang", true), (.contains("Kettle"), "a kettle sang", false),
    (.notContains("delve"), "we dig", true), (.notContains("delve"), "we delve", false),
    (.regex("^\\d{4}-\\d{2}$"), "2024-05", true), (.regex("^\\d{4}-\\d{2}$"), "on 2024-05", false),
    (.equals("yes"), " yes\n", true), (.equals("yes"), "yes.", false),
    (.maxWords(2), "two words", true), (.maxWords(2), "three little words", false),
    (.minWords(3), "three little words", true), (.minWords(3), "two words", false),
    (.json(keys: []), "[1]", true), (.json(keys: []), "{1", false),
    (.json(keys: ["a", "b"]), "{\"a\": 1, \"b\": null}", true),
    (.json(keys: ["a", "b"]), "{\"a\": 1}", false),
    (.json(keys: ["a"]), "[\"a\"]", false),
    (.ends, "It ended.", true), (.ends, "“It ended.”", true), (.ends, "{\"a\": 1}\n", true),
    (.ends, "It went on and", false), (.ends, "", false),
  ]

  @Test("Each rule passes what it should and fails what it should", arguments: examples)
  func rules(rule: GateCheck.Rule, text: String, passes: Bool) {
    #expect(GateCheck(rule).passes(GateOutput(id: "a", text: text)) == passes)
  }

  @Test("What a system says of its end counts more than how the text looks")
  func ended() {
    #expect(!GateCheck(.ends).passes(GateOutput(id: "a", text: "It ended.", ended: false)))
    #expect(GateCheck(.ends).passes(GateOutput(id: "a", text: "It went on and", ended: true)))
  }

  @Test("A missing text is a fact and anything else form, unless told")
  func subjects() {
    #expect(GateCheck(.contains("1709")).subject == .fact && GateCheck(.equals("1709")).subject == .fact)
    #expect(GateCheck(.regex("a")).subject == .form && GateCheck(.ends).subject == .form)
    #expect(GateCheck(.contains("Yours,"), about: .form).subject == .form)
  }
}
