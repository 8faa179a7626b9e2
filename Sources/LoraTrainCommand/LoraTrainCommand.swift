import ArgumentParser
import Files
import Train

@main
struct LoraTrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lora-train",
    abstract: "Fine-tune a small language model on your own archive, on your own CPU.",
    discussion: """
      lora-train --data archive.jsonl --epochs 2 trains an adapter for the embedded base, scores both on posts that \
      were held out, and says whether the adapter is worth keeping.

      Exit codes: 0 done, 1 failed, 2 could not start (bad arguments or input), 3 finished and the verdict is \
      "retire" or "not enough evidence", or the gate's outcome is not to fine-tune, 130 stopped by Ctrl-C with a checkpoint to resume from.
      """,
    version: PackageVersion.text,
    subcommands: [
      TrainCommand.self, EvalCommand.self, PretrainCommand.self, TokenizeCommand.self, InspectCommand.self,
      BenchCommand.self, PrepareCommand.self, GateCommand.self,
    ],
    defaultSubcommand: TrainCommand.self)

  static func main() {
    StandardStreams.prepare()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      CommandFailure.exit(error)
    }
  }
}
