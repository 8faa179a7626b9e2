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
}
