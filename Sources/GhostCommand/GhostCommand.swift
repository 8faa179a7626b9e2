import ArgumentParser
import Foundation

@main
struct GhostCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ghost", abstract: "Write first drafts in one writer's voice.",
    subcommands: [DraftCommand.self])

  /// Runs the command. An error is one line, `error: …`; the exit code is 2 where nothing could be started, and
  /// whatever a command throws as an `ExitCode` otherwise.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let code as ExitCode {
      exit(withError: code)
    } catch {
      // Help and version are thrown too, and are no errors.
      if exitCode(for: error) == .success { exit(withError: error) }
      report(error: message(for: error))
      exit(withError: ExitCode(2))
    }
  }

  /// Writes a line to standard error.
  static func report(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  static func report(error: any CustomStringConvertible) { report("error: \(error)") }
}
