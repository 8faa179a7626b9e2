import Files
import Foundation
import Model
import TestSupport
import Testing
import Train

@testable import Ghost

@Suite("Refusing an adapter of another base") struct AdapterOriginTests {
  private static let base = Fixtures.model("smollm2")
  private static let zeros = String(repeating: "0", count: 64)

  /// A copy of the fixture adapter with a record of the given settings, and the base's own fingerprints elsewhere.
  private func makeAdapter(_ folder: TemporaryFolder, changing key: String?, to value: String) throws
    -> String
  {
    let adapter = "\(folder.path)/adapter"
    try FileManager.default.copyItem(atPath: Fixtures.adapter("smollm2"), toPath: adapter)
    var settings: [String: String] = [
      "base_sha256": try BaseModel.fingerprint(path: Self.base).hex,
      "tokenizer_sha256": try Fingerprint(contentsOf: "\(Self.base)/tokenizer.json").hex,
      "prompt_layout": PromptLayout.version,
    ]
    if let key { settings[key] = value }
    let members = settings.map { "\"\($0.key)\": \"\($0.value)\"" }.joined(separator: ", ")
    try folder.put("{\"settings\": {\(members)}, \"verdict\": \"retire\"}", as: "adapter/run.json")
    return adapter
  }

  private func load(_ adapter: String) throws -> Drafter {
    var request = DraftRequest(seed: Seed(topic: "a kettle"), randomSeed: 1)
    request.basePath = Self.base
    request.adapterPath = adapter
    return try Drafter(request)
  }

  @Test("One of this base passes, and its verdict is told")
  func passes() throws {
    let folder = try TemporaryFolder()
    let drafter = try load(makeAdapter(folder, changing: nil, to: ""))
    #expect(drafter.adapter?.namesItsBase == true && drafter.adapter?.verdict == .retire)
    #expect(
      drafter.notices.last
        == "note: the evaluation of this adapter said retire; the base alone may write as well")
  }

  @Test("Another base is refused by both names")
  func otherBase() throws {
    let folder = try TemporaryFolder()
    let adapter = try makeAdapter(folder, changing: "base_sha256", to: Self.zeros)
    let found = try BaseModel.fingerprint(path: Self.base).hex.prefix(12)
    #expect(
      throwing { _ = try load(adapter) }
        == "\(adapter): the base is \(Self.base) (SHA-256 \(found)…); expected the one that this adapter was trained"
        + " for, ../../models/smollm2 (000000000000…). Give that base with --model, or an adapter of this one."
    )
  }

  @Test("Another tokenizer is refused by both fingerprints")
  func otherTokenizer() throws {
    let folder = try TemporaryFolder()
    let adapter = try makeAdapter(folder, changing: "tokenizer_sha256", to: Self.zeros)
    let found = try Fingerprint(contentsOf: "\(Self.base)/tokenizer.json").hex.prefix(12)
    #expect(
      throwing { _ = try load(adapter) }
        == "\(adapter): the tokenizer is \(Self.base)/tokenizer.json (SHA-256 \(found)…); expected the one that this"
        + " adapter was trained with (000000000000…). Give that base with --model, or train again.")
  }

  @Test("Another prompt layout is refused by both names")
  func otherLayout() throws {
    let folder = try TemporaryFolder()
    let adapter = try makeAdapter(folder, changing: "prompt_layout", to: "seed-lines-0")
    #expect(
      throwing { _ = try load(adapter) }
        == "\(adapter): prompts are laid out as seed-lines-1; expected seed-lines-0, the layout that this adapter"
        + " learned. Train it again with this version.")
  }
}
