import Files
import TestSupport
import Testing

@testable import Train

@Suite("What a file or folder is")
struct InspectionTests {
  @Test("A safetensors file lists its tensors")
  func safetensors() throws {
    let path = "\(Fixtures.adapter("smollm2-attention"))/adapter_model.safetensors"
    let inspection = try Inspection(path)
    #expect(inspection.kind == "safetensors file" && inspection.json["parameters"] == 1920)
    let entry = try #require(inspection.json["entries"]?.arrayValue?.first)
    #expect(
      entry == [
        "name": "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", "dtype": "F32",
        "shape": [4, 48], "bytes": 768,
      ])
    #expect(inspection.lines[0] == "\(path): safetensors file")
  }

  @Test("A base's folder shows its shape, an adapter's its settings")
  func folders() throws {
    let base = try Inspection(Fixtures.model("qwen2")).json
    #expect(base["kind"] == "base model" && base["family"] == "qwen2")
    #expect(base["sha256"]?.stringValue?.count == 64)
    let adapter = try Inspection(Fixtures.adapter("smollm2-rslora"))
    #expect(adapter.json["rank"] == 4 && adapter.json["rslora"] == true)
    #expect(adapter.lines.last == "  record      none: not trained here")
  }

  @Test("A finished adapter shows its verdict and scores")
  func finished() throws {
    let tiny = try TinyRun()
    let outcome = try #require(try tiny.start())
    let json = try Inspection(tiny.adapterPath).json
    #expect(json["verdict"]?.stringValue == outcome.verdict?.rawValue && json["verdict"] != nil)
    #expect(json["adapter_bits_per_byte"]?.doubleValue == outcome.comparison?.adapter.total.bitsPerByte)
  }

  @Test("An archive is counted without a base, bad rows included")
  func archive() throws {
    let tiny = try TinyRun(rows: TinyRun.rows + ["{}"])
    #expect(
      try Inspection(tiny.archive).lines.joined(separator: "\n") == """
        \(tiny.archive): archive
          rows                 14
          kinds                4 post, 4 text, 3 completion, 3 edit
          words                101
          longest row          10 words
          different documents  14
          exact duplicates     0
          near duplicates      0
          unusable rows        1
          \(tiny.archive):15: found no keys; expected "text", "prompt" and "completion", "messages", or "seed", "draft" and "final"
        """)
  }

  @Test("A tokenizer shows its vocabulary")
  func tokenizer() throws {
    let inspection = try Inspection("\(Fixtures.model("llama"))/tokenizer.json")
    #expect(inspection.kind == "tokenizer" && inspection.json["vocabulary"]?.intValue ?? 0 > 256)
  }

  @Test("Anything else is refused")
  func others() throws {
    let folder = try TemporaryFolder()
    try folder.put("hello", as: "a.txt")
    let file = #expect(throws: InspectionError.self) { try Inspection(folder("a.txt")) }
    #expect(
      file?.description
        == "\(folder("a.txt")): found a file of another kind; expected .safetensors, .jsonl or a tokenizer.json. Check the path."
    )
    let other = #expect(throws: InspectionError.self) { try Inspection(folder.path) }
    #expect(
      other?.description
        == "\(folder.path): found a folder with neither config.json nor adapter_config.json; expected a base or an adapter. Name one of its files or another folder."
    )
    let missing = #expect(throws: FileError.self) { try Inspection(folder("b")) }
    #expect(missing?.problem == .missing)
  }
}

@Suite("Token ids of lines")
struct LineTokensTests {
  @Test("Each line has its list, with the tokenizer's own special tokens and no end-of-text")
  func lines() throws {
    let folder = try TemporaryFolder()
    let path = try folder.put("Hello\n\nworld\r\n", as: "a.txt")
    let lines = try LineTokens.read(path, model: Fixtures.model("llama"))
    // The llama fixture's template puts its begin-of-text token, 313, before every text.
    #expect(lines.count == 3 && lines.allSatisfy { $0.first == 313 } && lines[1] == [313])
    #expect(try LineTokens.json([[1, 2], []]) == "[[1,2],[]]")
  }

  @Test("A line that is not UTF-8 is named")
  func notText() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write([0x61, 0x0A, 0xFF], to: folder("a.txt"))
    let error = #expect(throws: LineTokensError.self) {
      try LineTokens.read(folder("a.txt"), model: Fixtures.model("llama"))
    }
    #expect(
      error?.description
        == "\(folder("a.txt")):2: found bytes that are not UTF-8; expected text. Convert the file, with iconv -t UTF-8."
    )
  }
}
