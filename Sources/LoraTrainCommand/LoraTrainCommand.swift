import ArgumentParser

@main
struct LoraTrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lora-train",
    abstract: "Fine-tune a small language model on your own archive, on your own CPU.",
    subcommands: [PretrainCommand.self])
}
