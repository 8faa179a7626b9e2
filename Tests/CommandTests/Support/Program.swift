import Foundation
import Train

/// One of this package's programs, run as a shell runs it.
struct Program {
  /// What a run of it gave.
  struct Result {
    let code: Int32
    /// Standard output.
    let output: String
    /// Standard error.
    let errors: String
  }

  /// Its name; the path of one that is not this package's.
  let name: String
  /// The folder that it is run in.
  let folder: String

  /// The programs lie beside the tests, which the build puts there.
  private var url: URL {
    URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent(name)
  }

  /// The program as it names itself in a command to type next.
  var typed: String { CommandText.quoted(url.path) }

  private func process(_ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = name.hasPrefix("/") ? URL(fileURLWithPath: name) : url
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    return process
  }

  /// Runs it to its end.
  func run(_ arguments: String...) throws -> Result { try run(arguments) }

  /// Runs it to its end.
  func run(_ arguments: [String]) throws -> Result {
    let process = process(arguments)
    // Files, since a pipe that nobody empties would stop the program.
    let paths = ["out", "err"].map { "\(folder)/.\(UUID().uuidString).\($0)" }
    defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
    let handles = try paths.map { path in
      try Data().write(to: URL(fileURLWithPath: path))
      return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }
    process.standardOutput = handles[0]
    process.standardError = handles[1]
    try process.run()
    process.waitUntilExit()
    let texts = try paths.map {
      String(decoding: try Data(contentsOf: URL(fileURLWithPath: $0)), as: UTF8.self)
    }
    return Result(code: process.terminationStatus, output: texts[0], errors: texts[1])
  }

  /// Starts it and kills it when so much time has passed, if it runs still.
  func run(_ arguments: String..., killedAfter microseconds: UInt32) throws {
    let process = process(arguments)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    usleep(microseconds)
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Starts it and kills it once `isReached` says so.
  func run(_ arguments: String..., killedWhen isReached: () -> Bool) throws {
    let process = process(arguments)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    // A task that sleeps may wake late where many tests run; a thread does not.
    while process.isRunning, !isReached() { usleep(2_000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
