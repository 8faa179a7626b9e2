import Foundation
import Testing

@testable import Train

@Suite("Commands to type next")
struct CommandTextTests {
  @Test(
    "A shell reads a quoted word as the word",
    arguments: [
      ("data/archive-1.jsonl", "data/archive-1.jsonl"), ("", "\"\""), ("two words", "\"two words\""),
      ("it's", "\"it's\""), ("a $5 `tip`", "'a $5 `tip`'"), ("the \"it's\"", #"'the "it'\''s"'"#),
      ("naïve", "naïve"), ("a;b", "\"a;b\""), ("back\\slash", "'back\\slash'"), ("hey!", "'hey!'"),
      ("only $HOME", "'only $HOME'"),
    ])
  func quoted(word: String, text: String) throws {
    #expect(CommandText.quoted(word) == text)
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", "printf %s \(text)"]
    let output = Pipe()
    shell.standardOutput = output
    try shell.run()
    #expect(String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) == word)
  }

  @Test(
    "A program is named, run through its package, or started by its path, as the running one was",
    arguments: [
      ("ghost", "/b/notes", "lora-train"), ("/b/.build/debug/ghost", "/b", "swift run lora-train"),
      (".build/debug/ghost", "/b", "swift run lora-train"),
      ("../.build/debug/ghost", "/b/notes", "swift run lora-train"),
      ("/b/.build/debug/ghost", "/bc", "/b/.build/debug/lora-train"),
      ("/b/.build/debug/ghost", "/", "/b/.build/debug/lora-train"),
      ("../my b/.build/debug/ghost", "/notes", "\"../my b/.build/debug/lora-train\""),
      ("/a/.build/checkouts/b/.build/debug/ghost", "/a", "/a/.build/checkouts/b/.build/debug/lora-train"),
      ("./ghost", "/b", "./lora-train"),
    ])
  func program(invocation: String, folder: String, text: String) {
    #expect(CommandText.program("lora-train", startedAs: invocation, in: folder) == text)
  }

  @Test("Resuming repeats the command, names the folder and asks to resume, each once")
  func resume() {
    let program = ".build/debug/lora-train"
    #expect(
      CommandText.resume(
        ["--data", "my posts.jsonl"], adapterPath: "adapters/my posts-1", startedAs: program)
        == #"swift run lora-train --data "my posts.jsonl" --adapter-path "adapters/my posts-1" --resume"#)
    #expect(
      CommandText.resume(
        ["train", "--data", "a", "--adapter-path=b", "--resume"], adapterPath: "b", startedAs: "lora-train")
        == "lora-train train --data a --adapter-path=b --resume")
  }

  @Test("Drafting names the parts of the seed, and folder and base only where ghost would not find them")
  func draft() {
    let seed = Seed(
      topic: "a lamp that flickered", angle: "the fault is never where the light is", length: 200,
      kind: "note")
    #expect(
      CommandText.draft(seed, adapterPath: "adapters/a-1", model: nil, startedAs: ".build/debug/lora-train")
        == "swift run ghost draft --topic \"a lamp that flickered\""
        + " --angle \"the fault is never where the light is\" --length 200 --kind note")
    #expect(
      CommandText.draft(Seed(topic: "tea"), adapterPath: "/b", model: "m", startedAs: "lora-train")
        == "ghost draft --topic tea --adapter-path /b --model m")
  }
}
