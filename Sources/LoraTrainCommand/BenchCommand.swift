import ArgumentParser
import Files
import Flags
import Foundation
import Model
import Train

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure training, prefill and decoding, as a share of the machine's peak.",
    discussion: """
      Trains on random tokens and times large matrix products in the arithmetic of --compute before, between and after \
      the steps. Figures are medians, with the range in brackets. Nothing is written.
      """)

  @OptionGroup var base: BaseOptions

  @Option(number: ArgumentHelp("Sequences of a batch.", valueName: "n"))
  var batchSize = Benchmark.defaultBatchSize

  @Option(
    number: ArgumentHelp(
      "Tokens of a sequence. (default: \(Benchmark.defaultSequenceLength), or the base's context if that is less)",
      valueName: "n"))
  var maxSeqLength: Int?

  @Option(number: ArgumentHelp("The adapter's rank.", valueName: "n"))
  var rank = Benchmark.defaultRank

  @Option(number: ArgumentHelp("Timed training steps.", valueName: "n"))
  var maxSteps = Benchmark.defaultSteps

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
      "Round the weights to q8. (default: as they are stored)", valueName: "type"))
  var quantize: WeightQuantization?

  @Option(number: ArgumentHelp("Threads. (default: every processor)", valueName: "n"))
  var threads: Int?

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func run() throws {
    var options = TrainingOptions()
    options.batchSize = batchSize
    options.maxSequenceLength = maxSeqLength
    options.adapter.rank = rank
    options.maxSteps = maxSteps
    options.compute = compute
    options.quantization = quantize
    options.threads = threads
    let console = Console()
    let benchmark = Benchmark(basePath: try base.path(), options: options)
    let report = try benchmark.start { step, count in
      if console.isLive { console.show([.live("step \(step) of \(count)")]) }
    }
    console.clear()
    if let note = report.note { Console.writeError(note + "\n") }
    if json {
      try Console.printResult(JSONWriter.string(of: report.json, layout: .pretty))
    } else {
      try Console.printResult(report.lines)
    }
  }
}
