import Files
import Foundation
import Model
import TestSupport
import Testing
import Tokenizer
import Train

@testable import Ghost

@Suite("Drafting") struct DrafterTests {
  /// A request on the tiny fixture model, whose text is noise but whose path is the real one.
  private func request(
    _ seed: Seed = Seed(topic: "a kettle", length: 20), adapter: String? = Fixtures.adapter("smollm2"),
    random: UInt64 = 7
  ) -> DraftRequest {
    var request = DraftRequest(seed: seed, randomSeed: random)
    request.basePath = Fixtures.model("smollm2")
    request.adapterPath = adapter
    request.maxTokens = 40
    request.threads = 2
    return request
  }

  private func write(_ request: DraftRequest) throws -> (draft: Draft, pieces: [String]) {
    let folder = try TemporaryFolder()
    var pieces: [String] = []
    let draft = try Drafter(request, in: folder.path).write { piece in
      pieces.append(piece)
      return true
    }
    return (draft, pieces)
  }

  @Test("The same seed gives the same draft, another another, and threads change nothing")
  func repeats() throws {
    let first = try write(request()).draft
    var single = request()
    single.threads = 1
    #expect(try write(request()).draft.text == first.text)
    #expect(try write(single).draft.text == first.text)
    #expect(try write(request(random: 8)).draft.text != first.text)
    #expect(!first.text.isEmpty && first.words > 0)
  }

  @Test("The adapter changes the draft")
  func adapterCounts() throws {
    var (with, without) = (request(), request(adapter: nil))
    with.sampling = .greedy
    without.sampling = .greedy
    #expect(try write(with).draft.text != write(without).draft.text)
  }

  @Test("What is streamed is the draft, in pieces of whole characters")
  func streaming() throws {
    let tokenizer = try TextTokenizer(folder: Fixtures.model("smollm2"))
    for random in 0..<20 as Range<UInt64> {
      // The untrained model writes bytes at random, characters of several bytes among them: decoded one by one,
      // their tokens would give other replacement characters than all at once.
      var wanted = request(random: random)
      wanted.sampling = SamplingOptions(temperature: 1.5, topP: 1)
      let (draft, pieces) = try write(wanted)
      #expect(pieces.joined() == draft.text)
      #expect(draft.text == tokenizer.decode(draft.tokens, skipSpecialTokens: true))
      #expect(pieces.allSatisfy { !$0.isEmpty })
    }
  }

  @Test(
    "Without an adapter the nearest pieces of the archive stand in the prompt; beside one only where asked for"
  )
  func examples() throws {
    let folder = try TemporaryFolder()
    let archive = try folder.put(
      (0..<40).map { "{\"title\": \"Piece \($0)\", \"text\": \"The kettle of number \($0) sang.\"}" }
        .joined(separator: "\n"), as: "archive.jsonl")
    var alone = request(adapter: nil)
    let plain = try write(alone).draft
    alone.archivePath = archive
    let shown = try Drafter(alone, in: folder.path)
    let draft = try shown.write()
    #expect(draft.exampleCount > 1 && draft.promptTokens > plain.promptTokens && draft.text != plain.text)
    #expect(draft.json["examples"]?.intValue == draft.exampleCount)
    #expect(shown.notices.contains("examples: \(draft.exampleCount) pieces of \(archive) in the prompt"))
    // As many as the context has room for beside the draft.
    let context = try ModelConfiguration(contentsOf: "\(Fixtures.model("smollm2"))/config.json").contextLength
    let each = (draft.promptTokens - plain.promptTokens) / draft.exampleCount
    #expect((0..<2 * each).contains(context - draft.promptTokens - shown.tokenLimit))
    alone.exampleLimit = 1
    #expect(try write(alone).draft.exampleCount == 1)
    alone.exampleLimit = 0
    #expect(try write(alone).draft.tokens == plain.tokens)

    var beside = request()
    beside.archivePath = archive
    #expect(try write(beside).draft.exampleCount == 0)
    beside.exampleLimit = 2
    #expect(try write(beside).draft.exampleCount == 2)
    // An archive that is not there yet is no fault, unless examples were asked for.
    alone.archivePath = folder("none.jsonl")
    alone.exampleLimit = nil
    #expect(try write(alone).draft.exampleCount == 0)
    alone.exampleLimit = 1
    #expect(
      throwing { _ = try write(alone) }?.hasPrefix("\(folder("none.jsonl")): found nothing there") == true)
    alone.exampleLimit = -1
    #expect(
      throwing { _ = try write(alone) }
        == "--examples is -1; expected a whole number from 0, where 0 shows none. Change it.")
  }

  @Test("Examples that were asked for and cannot be shown are told of")
  func missingExamples() throws {
    let folder = try TemporaryFolder()
    let long = String(repeating: "The kettle sang again. ", count: 200)
    var wanted = request(adapter: nil)
    let row = "{\"title\": \"One\", \"text\": \"\(long)\"}\n"
    wanted.archivePath = try folder.put(row, as: "archive.jsonl")
    #expect(try Drafter(wanted, in: folder.path).notices.allSatisfy { !$0.hasPrefix("examples: ") })
    wanted.exampleLimit = 3
    let drafter = try Drafter(wanted, in: folder.path)
    let plain = try drafter.write()
    let context = try ModelConfiguration(contentsOf: "\(Fixtures.model("smollm2"))/config.json").contextLength
    let room = context - plain.promptTokens - drafter.tokenLimit
    #expect(plain.exampleCount == 0)
    #expect(
      drafter.notices.contains(
        "examples: none of \(folder("archive.jsonl")) has a prompt and fits in \(room) tokens"))
    try folder.put("{}\n", as: "archive.jsonl")
    #expect(throws: ArchiveError.self) { _ = try Drafter(wanted, in: folder.path) }
    wanted.exampleLimit = nil
    #expect(try Drafter(wanted, in: folder.path).exampleCount == 0)
  }

  @Test("A draft begins with a word, whatever the model would rather begin with")
  func firstWord() throws {
    var wanted = request()
    wanted.sampling = SamplingOptions(temperature: 100, topP: 1)
    wanted.maxTokens = 1
    let drafter = try Drafter(wanted, in: TemporaryFolder().path)
    // Of 316 tokens, drawn nearly alike, a dozen are blank or special.
    for candidate in 0..<200 { #expect(try drafter.write(candidate: candidate).words == 1) }
  }

  @Test("Asking to stop ends the draft with the text so far")
  func stopping() throws {
    let stop = StopRequest()
    var text = ""
    let draft = try Drafter(request(adapter: nil), in: TemporaryFolder().path).write(stop: stop) { piece in
      text += piece
      if text.count >= 5 { stop.stop() }
      return true
    }
    #expect(draft.ending == .stopped && draft.tokens.count < 40)
    #expect(draft.text.hasPrefix(text) && !text.isEmpty)
    #expect(draft.summary.hasSuffix("it was stopped; this is the text so far."))
  }

  @Test("A draft at its limit keeps all its text and says so")
  func limit() throws {
    var wanted = request()
    wanted.maxTokens = 3
    let draft = try write(wanted).draft
    #expect(draft.ending == .limit && draft.tokens.count == 3)
    #expect(
      draft.summary.hasSuffix(
        "it reached the limit of 3 tokens before its end, and nothing of it was cut off."))
  }

  @Test("The record of a draft names everything that made it")
  func record() throws {
    let draft = try write(request()).draft
    let json = draft.json
    #expect(json["text"] == .string(draft.text))
    #expect(json["sampling"]?["seed"] == "7" && json["sampling"]?["temperature"] == 0.8)
    #expect(json["seed"]?["topic"] == "a kettle" && json["seed"]?["kind"] == .null)
    #expect(json["base"]?["sha256"] == .string(draft.fingerprints.base.hex))
    #expect(json["adapter"]?["names_its_base"] == false && json["adapter"]?["rank"] == 4)
    #expect(json["tokens"]?["draft"]?.intValue == draft.tokens.count)
    #expect(throws: Never.self) { try JSONWriter.string(of: json) }
  }

  @Test("The writer is told who drafts, how to repeat it, and what could not be checked")
  func notices() throws {
    let drafter = try Drafter(request(Seed(angle: "noise")), in: TemporaryFolder().path)
    let (adapter, base) = (Fixtures.adapter("smollm2"), Fixtures.model("smollm2"))
    let hex = try Fingerprint(contentsOf: "\(adapter)/adapter_model.safetensors").hex.prefix(12)
    #expect(
      drafter.notices == [
        "adapter: \(adapter) (rank 4, SHA-256 \(hex)…)",
        "base: \(base) (SHA-256 \(try BaseModel.fingerprint(path: base).hex.prefix(12))…)",
        "seed: 7 (give --seed 7 to repeat this draft)",
        "note: \(adapter) has no run.json that names its base, so only its shapes could be checked",
        "note: the seed has an angle without a topic; give --topic for a draft that is about something",
      ])
    let alone = try Drafter(request(adapter: nil), in: TemporaryFolder().path)
    #expect(alone.notices.first == "adapter: none under adapters/ here or above; the base drafts alone")
  }

  @Test("The newest adapter of the folder is taken unless told")
  func discovery() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/adapters", withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: Fixtures.adapter("smollm2-attention"), toPath: "\(folder.path)/adapters/notes-1")
    let drafter = try Drafter(request(adapter: nil), in: folder.path)
    #expect(drafter.adapter?.path == "\(folder.path)/adapters/notes-1")
  }

  @Test("What the context cannot hold is refused with what it can")
  func context() throws {
    var long = request(Seed(topic: "a kettle", length: 5000), adapter: nil)
    #expect(
      throwing { _ = try Drafter(long, in: "/") }
        == "length is 5000 words; the base's context of 512 tokens allows about 321 after this seed."
        + " Ask for a shorter piece.")
    long.seed = Seed(topic: "a kettle", length: Int.max)
    #expect(
      throwing { _ = try Drafter(long, in: "/") }?.hasPrefix("length is 9223372036854775807 words") == true)
    long.seed = Seed(topic: String(repeating: "kettle ", count: 900))
    #expect(
      throwing { _ = try Drafter(long, in: "/") }?.hasSuffix("base's context of 512. Shorten it.") == true)
    var many = request(adapter: nil)
    many.maxTokens = 600
    #expect(
      throwing { _ = try Drafter(many, in: "/") }
        == "--max-tokens is 600; the base's context of 512 tokens allows 484 after this seed. Lower it.")
  }

  @Test("A seed that spells a special token is refused")
  func specialToken() {
    #expect(
      throwing { _ = try Drafter(request(Seed(topic: "<|endoftext|>"), adapter: nil), in: "/") }
        == "the seed holds <|endoftext|>, a special token of the base; expected text. Remove it.")
  }

  @Test("Every temperature that the sampler can work with is taken", arguments: [0, 1e-6, 1e-3, 3e38])
  func temperatures(temperature: Float) throws {
    var wanted = request()
    wanted.sampling.temperature = temperature
    try wanted.check()
  }

  @Test(
    "A setting out of range is refused with its range",
    arguments: [
      (
        SamplingOptions(temperature: -1),
        "--temperature is -1.0; expected a number from 0, where 0 takes the likeliest token. Change it."
      ),
      (
        SamplingOptions(temperature: .nan),
        "--temperature is nan; expected a number from 0, where 0 takes the likeliest token. Change it."
      ),
      (
        SamplingOptions(topK: -1),
        "--top-k is -1; expected a whole number from 0, where 0 keeps all. Change it."
      ),
      (SamplingOptions(topP: 0), "--top-p is 0.0; expected a number above 0 and up to 1. Change it."),
      (SamplingOptions(minP: 2), "--min-p is 2.0; expected a number from 0 to 1. Change it."),
      (
        SamplingOptions(repetitionPenalty: 0),
        "--repetition-penalty is 0.0; expected a number from 0.01 to 100, where 1 does nothing. Change it."
      ),
    ])
  func settings(sampling: SamplingOptions, message: String) {
    var wanted = request()
    wanted.sampling = sampling
    #expect(throwing { try wanted.check() } == message)
  }
}
