import Foundation
import TestSupport
import Testing

@testable import Train

@Suite("Flags in a YAML file")
struct ConfigurationFileTests {
  static let flags = ConfigurationFile.Flag.joiningOpposites([
    .init(names: ["data"], takesValue: true, isRepeating: true),
    .init(names: ["learning-rate"], takesValue: true, isRepeating: false),
    .init(names: ["epochs"], takesValue: true, isRepeating: false),
    .init(names: ["shuffle"], takesValue: false, isRepeating: false),
    .init(names: ["no-shuffle"], takesValue: false, isRepeating: false),
    .init(names: ["rslora"], takesValue: false, isRepeating: false),
  ])

  static func read(_ yaml: String, commandLine: [String] = []) throws -> [[String]] {
    let folder = try TemporaryFolder()
    let path = try folder.put(yaml, as: "run.yaml")
    do {
      return try ConfigurationFile(path: path, flags: flags, commandLine: commandLine).entries.map(
        \.arguments)
    } catch let error as ConfigurationError {
      throw ConfigurationError("run.yaml", error.problems)
    }
  }

  @Test("Keys are flag names with either dash, values are arguments")
  func arguments() throws {
    let yaml = """
      data: [a.jsonl, "b c.jsonl"]
      learning_rate: 2e-4
      epochs: 3
      rslora: true
      """
    #expect(
      try Self.read(yaml) == [
        ["--data=a.jsonl", "--data=b c.jsonl"], ["--learning-rate=2e-4"], ["--epochs=3"], ["--rslora"],
      ])
  }

  @Test(
    "A flag and its opposite can each be true or false",
    arguments: [
      ("shuffle: true", ["--shuffle"]), ("shuffle: false", ["--no-shuffle"]),
      ("no-shuffle: true", ["--no-shuffle"]), ("no_shuffle: false", ["--shuffle"]), ("rslora: false", []),
    ])
  func opposites(yaml: String, arguments: [String]) throws { #expect(try Self.read(yaml) == [arguments]) }

  @Test(
    "The command line wins, in either spelling",
    arguments: [["--epochs", "1"], ["--epochs=1"], ["--data", "x", "--epochs", "1"]])
  func commandLine(typed: [String]) throws {
    #expect(try Self.read("epochs: 3", commandLine: typed) == [])
    #expect(try Self.read("shuffle: true", commandLine: typed + ["--no-shuffle"]) == [])
    #expect(try Self.read("rslora: true", commandLine: typed) == [["--rslora"]])
  }

  @Test(
    "A bad file says where and what to do",
    arguments: [
      (
        "# a run\nepochz: 3",
        "run.yaml:2: found \"epochz\"; expected the name of a flag. The nearest is epochs."
      ),
      ("shuffle: maybe", "run.yaml:1: found \"maybe\" for shuffle; expected true or false. Change it."),
      ("epochs:", "run.yaml:1: found nothing for epochs; expected one value. Change it."),
      ("epochs: [1, 2]", "run.yaml:1: found a list for epochs; expected one value. Change it."),
      (
        "data: {a: b}",
        "run.yaml:1: found a mapping for data; expected a value or a list of them. Change it."
      ),
      ("- a", "run.yaml:1: found no mapping; expected lines such as \"epochs: 2\". Write one a flag."),
      ("", "run.yaml:1: found no mapping; expected lines such as \"epochs: 2\". Write one a flag."),
      ("epochs: [1\n", "run.yaml:2: found no YAML: did not find expected ',' or ']'. Correct the line."),
      (
        "# a run\nepochs: 1\nrslora: true\nepochs: 2",
        "run.yaml:2: found epochs twice; expected each flag once. Remove one of the two."
      ),
      (
        "learning_rate: 1e-4\nlearning-rate: 2e-4",
        "run.yaml:2: found learning-rate, which line 1 sets; expected each flag once. Remove one of the two."
      ),
      (
        "shuffle: true\nno_shuffle: true",
        "run.yaml:2: found no-shuffle, which line 1 sets; expected each flag once. Remove one of the two."
      ),
      ("a: \u{7}", "run.yaml:1: found no YAML: control characters are not allowed. Correct the line."),
      (
        "epoch: 1\nrsloar: true",
        """
        run.yaml:1: found "epoch"; expected the name of a flag. The nearest is epochs.
        run.yaml:2: found "rsloar"; expected the name of a flag. The nearest is rslora.
        """
      ),
    ])
  func errors(yaml: String, text: String) {
    let error = #expect(throws: ConfigurationError.self) { try Self.read(yaml) }
    #expect(error?.description == text)
  }

  @Test("A byte that is not UTF-8 is named with its line")
  func notUTF8() throws {
    let folder = try TemporaryFolder()
    try (Data("epochs: 2\ndata: caf".utf8) + [0xE9, 0x0A]).write(to: URL(fileURLWithPath: folder("run.yaml")))
    let error = #expect(throws: ConfigurationError.self) {
      try ConfigurationFile(path: folder("run.yaml"), flags: Self.flags, commandLine: [])
    }
    #expect(
      error?.description
        == "\(folder("run.yaml")):2: found a byte that is not UTF-8; expected YAML in UTF-8. Convert the file."
    )
  }

  @Test(
    "Edit distance",
    arguments: [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("epochs", "epochz", 1)])
  func editDistance(left: String, right: String, distance: Int) {
    #expect(left.editDistance(to: right) == distance)
    #expect(right.editDistance(to: left) == distance)
  }
}
