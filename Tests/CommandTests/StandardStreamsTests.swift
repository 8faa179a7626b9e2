import Foundation
import TestSupport
import Testing

@Suite("Standard streams that are closed or full") struct StandardStreamsTests {
  private let folder: TemporaryFolder
  private let archive = #"{"id": "a", "title": "A lamp", "text": "The lamp is lit."}"# + "\n"

  init() throws {
    folder = try TemporaryFolder()
    try folder.put(archive, as: "archive.jsonl")
    try folder.put("# A saw\n\n" + String(repeating: "The saw is sharp. ", count: 20), as: "posts/saw.md")
  }

  /// Runs a command of a program with its streams as a shell is told.
  private func run(_ program: String, _ rest: String) throws -> Program.Result {
    let typed = Program(name: program, folder: folder.path).typed
    return try Program(name: "/bin/sh", folder: folder.path).run("-c", "\(typed) \(rest)")
  }

  private static let draft = "draft --topic lamp --max-tokens 8 --model '\(Fixtures.model("smollm2"))'"

  @Test(
    "A result that cannot be written is a failure",
    arguments: [
      ("lora-train", "inspect archive.jsonl"), ("lora-train", "inspect archive.jsonl --json"),
      ("ghost", "status"), ("ghost", draft), ("ghost", draft + " --json"),
    ])
  func output(program: String, command: String) throws {
    let full = try run(program, command + " >/dev/full")
    #expect(full.code == 1 && full.errors.hasSuffix("Free some space or choose a path on another disk.\n"))
    #expect(full.errors.contains("error: standard output: found no space left on the disk or in the quota"))
    let closed = try run(program, command + " >&-")
    #expect(closed.code == 1 && closed.errors.contains("error: standard output: found the system error"))
  }

  @Test("No file takes the place of a closed stream")
  func place() throws {
    let result = try run("lora-train", "prepare posts --output archive.jsonl <&- >&-")
    #expect(result.code == 1 && result.errors.contains("error: standard output: "))
    let rows = try folder.content(of: "archive.jsonl").split(separator: "\n")
    #expect(rows.count == 2 && rows[0] + "\n" == archive && rows[1].hasPrefix("{"))
  }

  @Test(
    "Where standard error takes nothing the program goes on, and its code says how it went",
    arguments: ["/dev/full", "&-"])
  func errors(stream: String) throws {
    #expect(try run("lora-train", "inspect none 2>\(stream)").code == 2)
    #expect(try run("ghost", "status --workspace none 2>\(stream)").code == 2)
    let draft = try run("ghost", "\(Self.draft) 2>\(stream)")
    #expect(draft.code == 0 && !draft.output.isEmpty)
  }

  /// Runs a command with the streams named in a pipe whose reader has closed it before, and returns its exit code.
  private func code(_ program: String, _ rest: String, closing streams: String) throws -> Int32? {
    let typed = Program(name: program, folder: folder.path).typed
    let waiting = "while [ ! -e gone ]; do sleep 0.01; done"
    let line = "{ \(waiting); \(typed) \(rest) \(streams); echo $? >code; } | { exec <&-; touch gone; }"
    _ = try Program(name: "/bin/sh", folder: folder.path).run("-c", line)
    return Int32(try folder.content(of: "code").dropLast())
  }

  @Test(
    "A reader that closes its pipe has what it wanted",
    arguments: [
      ("lora-train", "inspect archive.jsonl"), ("lora-train", "inspect archive.jsonl --json"),
      ("ghost", "status"), ("ghost", draft), ("ghost", draft + " --json"),
    ])
  func closedPipe(program: String, command: String) throws {
    #expect(try code(program, command, closing: "2>errors") == 0)
    #expect(try !folder.content(of: "errors").contains("error"))
    try FileManager.default.removeItem(atPath: folder("gone"))
    // Where its errors go nowhere either, the code says how it went.
    #expect(try code(program, "none", closing: "2>&1") == 2)
  }

  @Test("Training goes on where the reader of its progress has gone")
  func training() throws {
    let rows = (0..<4).map {
      #"{"text": "Lamp number \#($0) is lit by hand, and every evening anew."}"# + "\n"
    }
    try folder.put(rows.joined(), as: "archive.jsonl")
    let model = Fixtures.model("smollm2")
    let command = "--data archive.jsonl --model '\(model)' --adapter-path a --epochs 1 --valid-fraction 0"
    #expect(try code("lora-train", command, closing: "2>&1") == 0)
    #expect(folder.holds("a/adapter_model.safetensors") && !folder.holds("a/checkpoint.safetensors"))
  }

  @Test("An editor is started with the signals that it expects")
  func editor() throws {
    try folder.put("#!/bin/sh\ngrep SigIgn /proc/self/status >ignored\n", as: "editor.sh")
    let draft = try run("ghost", "\(Self.draft) --workspace .")
    #expect(draft.code == 0)
    _ = try Program(name: "/bin/sh", folder: folder.path).run(
      "-c", "EDITOR='sh editor.sh' \(Program(name: "ghost", folder: folder.path).typed) edit lamp")
    let mask = try #require(
      UInt64(folder.content(of: "ignored").split(whereSeparator: \.isWhitespace).last ?? "", radix: 16))
    // SIGPIPE is signal 13, bit 12.
    #expect(mask & (1 << 12) == 0)
  }
}
