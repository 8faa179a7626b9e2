import ArgumentParser
import Files
import Flags
import Foundation
import Ghost
import Train

@main
struct GhostCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ghost", abstract: "Write first drafts in one writer's voice.",
    version: PackageVersion.text,
    subcommands: [
      DraftCommand.self, EditCommand.self, ShipCommand.self, RejectCommand.self, StatusCommand.self,
      RefitCommand.self,
    ])

  /// The first word of the running command.
  static var invocation: String { CommandLine.arguments.first ?? "ghost" }

  /// Runs the command. An error is one line, `error: …`; the exit code is 2 where nothing could be started, and
  /// whatever a command throws as an `ExitCode` otherwise.
  static func main() {
    StandardStreams.prepare()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      exit(reporting: error)
    }
  }

  private static func exit(reporting error: any Error) -> Never {
    let code = exitCode(for: error)
    // Help and version are thrown too, and are no errors; an exit code's error has been reported.
    if code == .success || error is ExitCode { exit(withError: error) }
    var text = "\(error)"
    if code == .validationFailure {
      text = refusal(for: error, startedAs: CommandText.program("ghost", startedAs: invocation))
    }
    report(error: text)
    exit(withError: ExitCode(2))
  }

  /// Writes a result to standard output.
  ///
  /// - Throws: `ExitCode` where it takes no more, which has been reported then.
  static func printResult(_ text: String) throws {
    var printer = DraftPrinter()
    _ = printer.print(text)
    printer.endLine()
    if let failure = printer.failure {
      report(error: "\(failure)")
      throw ExitCode(1)
    }
  }

  /// Writes a line to standard error.
  static func report(_ line: String) {
    StandardStreams.writeError(line + "\n")
  }

  /// Writes an error to standard error, each of its lines marked as one.
  static func report(error text: String) {
    for line in text.split(separator: "\n") { report("error: \(line)") }
  }
}
