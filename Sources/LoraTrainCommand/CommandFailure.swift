import ArgumentParser
import Foundation

/// A run that broke off after its first step, and not before.
struct BrokenRun: Error {
  let cause: any Error
}

/// Ends the program for an error: a line of text for each of its problems, and the exit code of its kind.
enum CommandFailure {
  /// Nothing was done: bad arguments or input.
  static let couldNotStart = ExitCode(2)
  /// The run finished, and its adapter is not worth keeping.
  static let retired = ExitCode(3)
  /// The run was stopped and can be resumed: 128 and the number of SIGINT, as shells report it.
  static let stopped = ExitCode(130)

  static func exit(_ error: any Error) -> Never {
    if let code = error as? ExitCode { Foundation.exit(code.rawValue) }
    let code = LoraTrainCommand.exitCode(for: error)
    if code == .success {
      print(LoraTrainCommand.fullMessage(for: error))
      Foundation.exit(code.rawValue)
    }
    let broken = (error as? BrokenRun)?.cause
    for line in text(of: broken ?? error).split(separator: "\n") { Console.writeError("error: \(line)\n") }
    Foundation.exit(broken == nil ? couldNotStart.rawValue : ExitCode.failure.rawValue)
  }

  private static func text(of error: any Error) -> String {
    if LoraTrainCommand.exitCode(for: error) == .validationFailure {
      // The parser's own texts: one line, whatever they are made of.
      let message = LoraTrainCommand.message(for: error).split(separator: "\n").joined(separator: " ")
      return message + (message.hasSuffix(".") || message.hasSuffix("?") ? "" : ".")
        + " See lora-train --help."
    }
    return "\(error)"
  }
}
