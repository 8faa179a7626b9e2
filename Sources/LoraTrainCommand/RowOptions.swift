import ArgumentParser
import Flags
import Model
import Train

/// How rows are read, and on what they are computed.
struct RowOptions: ParsableArguments {
  @Option(
    number: ArgumentHelp(
      "Longest sequence in tokens; longer rows become several. (default: 1024, or the base's context if that is less)",
      valueName: "n"))
  var maxSeqLength: Int?

  @Flag(name: .long, inversion: .prefixedNo, help: "Learn only what follows the prompt.")
  var maskPrompt = TrainingOptions().masksPrompt

  @Flag(name: .long, help: "Leave out rows that cannot be used, and list them.")
  var skipBadRows = TrainingOptions().skipsBadRows

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Operands of matrix products: f32, bf16, int8 for those with the base's weights (the fastest, and the least memory;"
        + " rounds the base), or auto, which is bf16 where the processor multiplies it, else f32.",
      valueName: "type"))
  var compute = TrainingOptions().compute

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Round the base's weights to q8, half the memory of bf16; losses are then those of the rounded base."
        + " (default: as they are)", valueName: "type"))
  var quantize: WeightQuantization?

  @Option(number: ArgumentHelp("Threads. (default: every processor)", valueName: "n"))
  var threads: Int?

  func apply(to options: inout TrainingOptions) {
    options.maxSequenceLength = maxSeqLength
    options.masksPrompt = maskPrompt
    options.skipsBadRows = skipBadRows
    options.compute = compute
    options.quantization = quantize
    options.threads = threads
  }
}

extension TrainingOptions.Compute: ExpressibleByArgument {}
extension WeightQuantization: ExpressibleByArgument {}
