import ArgumentParser
import Train

/// The shape of the adapter to train.
struct AdapterOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Rank of each update.", valueName: "n"))
  var rank = TrainingOptions().adapter.rank

  @Option(name: .long, help: ArgumentHelp("Numerator of the scaling, alpha / rank.", valueName: "x"))
  var alpha = TrainingOptions().adapter.alpha

  @Option(name: .long, help: ArgumentHelp("Share of an update's input that training drops.", valueName: "p"))
  var dropout = TrainingOptions().adapter.dropout

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp(
      "Projections that get an update, apart by spaces or commas. (default: \(TrainingOptions.targetNames))",
      valueName: "name"))
  var targetModules: [String] = []

  @Flag(name: .long, help: "Scale by alpha / √rank, as rank-stabilised LoRA does.")
  var rslora = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Start from this adapter folder, of ours or PEFT's; it brings its own shape.", valueName: "dir"))
  var initAdapter: String?

  func apply(to options: inout TrainingOptions) throws {
    options.adapter.rank = rank
    options.adapter.alpha = alpha
    options.adapter.dropout = dropout
    options.adapter.isRankStabilized = rslora
    if !targetModules.isEmpty { options.adapter.targets = try TrainingOptions.targets(named: targetModules) }
    options.initialAdapter = initAdapter
  }
}
