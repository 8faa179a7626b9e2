import Foundation

/// The paths of what Tests/Fixtures/README.md describes.
package enum Fixtures {
  /// Tests/Fixtures.
  package static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures").path

  /// The folder of a tiny model of each family.
  package static func model(_ family: String) -> String { "\(path)/models/\(family)" }

  /// Copies a model of which one value is not a number: the last gain of the last norm.
  package static func copyBrokenModel(to folder: TemporaryFolder) throws {
    let source = model("smollm2")
    for name in try FileManager.default.contentsOfDirectory(atPath: source) {
      var bytes = try Data(contentsOf: URL(fileURLWithPath: "\(source)/\(name)"))
      // The file ends with that gain, in bfloat16.
      if name == "model.safetensors" { bytes.replaceSubrange((bytes.count - 2)..., with: [0xc0, 0x7f]) }
      try bytes.write(to: URL(fileURLWithPath: folder(name)))
    }
  }

  /// The folder of an adapter that PEFT wrote.
  package static func adapter(_ name: String) -> String { "\(path)/adapters/\(name)" }

  /// A file of numbers that other programs computed.
  package static func reference(_ name: String) -> String { "\(path)/references/\(name)" }

  /// A tokenizer, or what the `tokenizers` library makes of some texts.
  package static func tokenizer(_ file: String) -> String { "\(path)/tokenizers/\(file)" }
}
