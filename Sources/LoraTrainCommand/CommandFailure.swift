import ArgumentParser
import Flags
import Foundation
import Train

/// A run that broke off after it had begun to compute, and not before.
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
    let code = code(of: error)
    if code == .success {
      print(LoraTrainCommand.fullMessage(for: error))
    } else if !(error is ExitCode) {
      let cause = (error as? BrokenRun)?.cause ?? error
      for line in text(of: cause).split(separator: "\n") { Console.writeError("error: \(line)\n") }
    }
    Foundation.exit(code.rawValue)
  }

  /// What to exit with for an error; help and version are thrown too, and are none.
  static func code(of error: any Error) -> ExitCode {
    if let code = error as? ExitCode { return code }
    if LoraTrainCommand.exitCode(for: error) == .success { return .success }
    // A loss that is no number is one of the run, however early it comes.
    if case TrainingError.nonFinite? = error as? TrainingError { return .failure }
    return error is BrokenRun || error is NonFiniteScore ? .failure : couldNotStart
  }

  /// What to exit with after a run; nil where its adapter is worth keeping.
  static func code(of outcome: FineTuningOutcome?) -> ExitCode? {
    guard let outcome else { return stopped }
    // An adapter that does not read back as it was trained is no result, whatever was scored.
    if !outcome.selfTest.passes { return .failure }
    return outcome.verdict == .retire ? retired : nil
  }

  private static func text(of error: any Error) -> String {
    if LoraTrainCommand.exitCode(for: error) == .validationFailure {
      let invocation = CommandLine.arguments.first ?? "lora-train"
      return LoraTrainCommand.refusal(
        for: error, startedAs: CommandText.program("lora-train", startedAs: invocation))
    }
    return "\(error)"
  }
}
