import Checkpoint
import Files
import Foundation
import TestSupport
import Testing

@Suite("Checkpoint folder") struct CheckpointFolderTests {
  /// A safetensors file with one-element tensors of these names.
  private func put(_ names: [String], as file: String, in folder: TemporaryFolder) throws {
    var writer = try SafetensorsWriter(
      path: folder(file), tensors: names.map { .init(name: $0, dtype: .float32, shape: [1]) })
    for place in names.indices {
      try withUnsafeBytes(of: Float(place)) { try writer.append($0) }
    }
    try writer.commit()
  }

  private func index(_ weightMap: JSONValue) throws -> String {
    try JSONWriter.string(of: ["metadata": ["total_size": 8], "weight_map": weightMap])
  }

  private func error(_ folder: TemporaryFolder) -> CheckpointFolderError? {
    #expect(throws: CheckpointFolderError.self) { try CheckpointFolder(path: folder.path) }
  }

  @Test("a single file is found without an index, and before one")
  func single() throws {
    let folder = try TemporaryFolder()
    try put(["a", "b"], as: "model.safetensors", in: folder)
    try folder.put("not read", as: "model.safetensors.index.json")
    let checkpoint = try CheckpointFolder(path: folder.path)
    #expect(checkpoint.names == ["a", "b"])
    #expect(checkpoint.contains("b"))
    #expect(!checkpoint.contains("c"))
    #expect(try checkpoint.tensor(named: "b").bytes.loadUnaligned(as: Float.self) == 1)
    let error = #expect(throws: SafetensorsError.self) { try checkpoint.tensor(named: "c") }
    #expect(
      error?.description
        == "\(folder.path): found no tensor \"c\"; expected one. "
        + "Check that the weights belong to the configuration.")
  }

  @Test("shards answer as one")
  func shards() throws {
    let folder = try TemporaryFolder()
    try put(["a", "b"], as: "model-1.safetensors", in: folder)
    try put(["c"], as: "model-2.safetensors", in: folder)
    try folder.put(
      index(["c": "model-2.safetensors", "a": "model-1.safetensors", "b": "model-1.safetensors"]),
      as: "model.safetensors.index.json")
    let checkpoint = try CheckpointFolder(path: folder.path)
    #expect(checkpoint.names == ["a", "b", "c"])
    #expect(try checkpoint.tensor(named: "b").bytes.loadUnaligned(as: Float.self) == 1)
    #expect(try checkpoint.tensor(named: "c").bytes.loadUnaligned(as: Float.self) == 0)
    let files = try ["model-1.safetensors", "model-2.safetensors"].flatMap {
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder($0))))
    }
    #expect(checkpoint.fingerprint() == Fingerprint(of: files))
  }

  @Test("a folder without readable weights says what it holds instead")
  func noWeights() throws {
    let folder = try TemporaryFolder()
    #expect(
      error(folder)?.description
        == "\(folder.path): found no weights; expected model.safetensors or model.safetensors.index.json. "
        + "Check the path or fetch the weights.")
    try folder.put("pickle", as: "pytorch_model-00001-of-00002.bin")
    #expect(
      error(folder)?.description
        == "\(folder.path): found only pytorch_model-00001-of-00002.bin; "
        + "expected model.safetensors or model.safetensors.index.json. Convert the weights with "
        + "save_pretrained(folder, safe_serialization=True) of transformers.")
    let missing = #expect(throws: CheckpointFolderError.self) { try CheckpointFolder(path: folder("none")) }
    #expect(
      missing?.description
        == folder("none") + ": found no folder that can be listed; expected a model folder. Check the path.")
  }

  static let indexes: [(index: String, problem: String)] = [
    (
      "{}",
      "found nothing as weight_map; expected an object that gives each tensor its file. Fetch the index again."
    ),
    (
      #"{"weight_map":[]}"#,
      "found a list as weight_map; expected an object that gives each tensor its file. Fetch the index again."
    ),
    (
      #"{"weight_map":{}}"#,
      "found an empty object as weight_map; expected an object that gives each tensor its file. "
        + "Fetch the index again."
    ),
    (
      #"{"weight_map":{"a":1}}"#,
      "found a number as the file of tensor \"a\"; "
        + "expected the name of a .safetensors file in the same folder. Fetch the index again."
    ),
    (
      #"{"weight_map":{"a":"../model-1.safetensors"}}"#,
      "found \"../model-1.safetensors\" as the file of tensor \"a\"; "
        + "expected the name of a .safetensors file in the same folder. Fetch the index again."
    ),
    (
      #"{"weight_map":{"a":"model.bin"}}"#,
      "found \"model.bin\" as the file of tensor \"a\"; "
        + "expected the name of a .safetensors file in the same folder. Fetch the index again."
    ),
    (
      #"{"weight_map":{"a":"model-1.safetensors","b":"model-3.safetensors","c":"model-4.safetensors"}}"#,
      "found no model-3.safetensors, model-4.safetensors; expected every file that the index names. "
        + "Fetch the missing files."
    ),
    (
      #"{"weight_map":{"a":"model-1.safetensors","b":"model-1.safetensors","d":"model-1.safetensors"}}"#,
      """
      found a tensor out of place; expected index and files to agree. \
      Fetch the index and the files again, from one version.
        tensor "d": not in model-1.safetensors, where the index places it
      """
    ),
    // "b" is in both files: a duplicate, of which the index names one.
    (
      #"{"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}}"#,
      """
      found 2 tensors out of place; expected index and files to agree. \
      Fetch the index and the files again, from one version.
        tensor "b": in model-1.safetensors, though the index places it in model-2.safetensors
        tensor "c": in model-2.safetensors, though the index does not name it
      """
    ),
  ]

  @Test("an index that does not agree with the files is refused", arguments: indexes)
  func badIndex(index: String, problem: String) throws {
    let folder = try TemporaryFolder()
    try put(["a", "b"], as: "model-1.safetensors", in: folder)
    try put(["b", "c"], as: "model-2.safetensors", in: folder)
    try folder.put(index, as: "model.safetensors.index.json")
    #expect(error(folder)?.description == folder("model.safetensors.index.json") + ": " + problem)
  }

  @Test("an index that is not JSON is named with line and column")
  func indexSyntax() throws {
    let folder = try TemporaryFolder()
    try folder.put("{\n]", as: "model.safetensors.index.json")
    let error = #expect(throws: JSONParseError.self) { try CheckpointFolder(path: folder.path) }
    #expect(error?.description.hasPrefix(folder("model.safetensors.index.json") + ":2:1: ") == true)
  }

  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/models")

  // A layer has 9 tensors, with 3 biases 12, with query and key norms 11; then come the embedding, the last
  // norm and, where it is not tied, the head.
  @Test(
    "reads folders that transformers wrote",
    arguments: [
      ("llama", 2 * 9 + 3), ("llama-linear", 2 * 9 + 3), ("smollm2", 3 * 9 + 2), ("mistral", 2 * 9 + 3),
      ("qwen2", 2 * 12 + 2), ("qwen3", 2 * 11 + 3),
    ])
  func transformers(family: String, tensorCount: Int) throws {
    let checkpoint = try CheckpointFolder(path: Self.fixtures.appendingPathComponent(family).path)
    #expect(checkpoint.names.count == tensorCount)
    for name in checkpoint.names { #expect(try checkpoint.tensor(named: name).isAligned) }
    #expect(checkpoint.files.allSatisfy { $0.metadata == ["format": "pt"] })
  }
}
