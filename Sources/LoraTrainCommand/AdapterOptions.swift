import ArgumentParser
import Flags
import Train

/// The shape of the adapter to train.
struct AdapterOptions: ParsableArguments {
  private static let defaults = TrainingOptions().adapter

  @Option(number: ArgumentHelp("Rank of each update. (default: \(defaults.rank))", valueName: "n"))
  var rank: Int?

  @Option(
    number: ArgumentHelp(
      "Numerator of the scaling, alpha / rank. (default: \(defaults.alpha))", valueName: "x"))
  var alpha: Double?

  @Option(
    number: ArgumentHelp(
      "Share of an update's input that training drops. (default: \(defaults.dropout))", valueName: "p"))
  var dropout: Double?

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
    let shape = [
      ("--rank", rank != nil), ("--alpha", alpha != nil), ("--dropout", dropout != nil),
      ("--target-modules", !targetModules.isEmpty), ("--rslora", rslora),
    ]
    if initAdapter != nil, let (flag, _) = shape.first(where: \.1) {
      throw ValidationError(
        "\(flag) beside --init-adapter: found two shapes; expected one, and that adapter brings its own."
          + " Leave one of the two out.")
    }
    options.adapter.rank = rank ?? options.adapter.rank
    options.adapter.alpha = alpha ?? options.adapter.alpha
    options.adapter.dropout = dropout ?? options.adapter.dropout
    options.adapter.isRankStabilized = rslora
    if !targetModules.isEmpty { options.adapter.targets = try TrainingOptions.targets(named: targetModules) }
    options.initialAdapter = initAdapter
  }
}
