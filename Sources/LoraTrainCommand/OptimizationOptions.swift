import ArgumentParser
import Flags
import Train

/// How the adapter is trained.
struct OptimizationOptions: ParsableArguments {
  @Option(number: ArgumentHelp("Passes over the training side; 1 to 3 is the normal range.", valueName: "n"))
  var epochs = TrainingOptions().epochs

  @Option(
    number: ArgumentHelp(
      "Optimizer steps, in place of --epochs; further epochs follow as needed.", valueName: "n"))
  var maxSteps: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Peak of the learning rate; auto probes three rates on the held-out side. (default: \(TrainingOptions().learningRate))",
      valueName: "rate|auto"),
    transform: { text in
      guard let rate = TrainingOptions.LearningRate(text) else {
        throw ValidationError("expected a positive number or auto.")
      }
      return rate
    })
  var learningRate = TrainingOptions().learningRate

  @Option(name: .long, help: ArgumentHelp("How the rate moves after warm-up.", valueName: "shape"))
  var lrSchedule = TrainingOptions().schedule

  @Option(number: ArgumentHelp("Share of the steps that warm up.", valueName: "p"))
  var warmupRatio = TrainingOptions().warmupRatio

  @Option(number: ArgumentHelp("AdamW's decoupled decay.", valueName: "x"))
  var weightDecay = TrainingOptions().weightDecay

  @Option(number: ArgumentHelp("Largest norm of all gradients together; 0 never clips.", valueName: "x"))
  var maxGradNorm = TrainingOptions().maxGradientNorm

  @Option(
    number: ArgumentHelp(
      "Rows a batch. (default: batches are filled with tokens up to the longest sequence)", valueName: "n"))
  var batchSize: Int?

  @Option(number: ArgumentHelp("Batches whose gradients are summed before each step.", valueName: "n"))
  var gradAccumulationSteps = TrainingOptions().gradientAccumulationSteps

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What is learned of edits: the final (sft), by the diff (weighted-sft), against its draft as well (dense, orpo)"
        + " or only so (dpo); auto is weighted-sft below \(PairTerms.pairsForPreference) pairs and dense from there on.",
      valueName: "name"))
  var objective = TrainingOptions().objective

  @Option(
    number: ArgumentHelp(
      "β of the preference loss. (default: 2 for dense, 0.1 for dpo and orpo)", valueName: "x"))
  var beta: Double?

  @Option(
    number: ArgumentHelp(
      "Factor on the preference loss. (default: 1)",
      valueName: "x"))
  var preferenceWeight: Double?

  @Option(
    number: ArgumentHelp(
      "Factor on the unlikelihood of words that were cut. (default: 0)", valueName: "x"))
  var unlikelihoodWeight: Double?

  @Option(number: ArgumentHelp("Seed of every random choice.", valueName: "n"))
  var seed = TrainingOptions().seed

  @Flag(name: .long, inversion: .prefixedNo, help: "Take the rows in another order each epoch.")
  var shuffle = TrainingOptions().shuffles

  @Flag(name: .long, help: "Compute each layer's forward again on the way back: less memory, more time.")
  var recompute = TrainingOptions().recomputesLayers

  func apply(to options: inout TrainingOptions) {
    options.epochs = epochs
    options.maxSteps = maxSteps
    options.learningRate = learningRate
    options.schedule = lrSchedule
    options.warmupRatio = warmupRatio
    options.weightDecay = weightDecay
    options.maxGradientNorm = maxGradNorm
    options.batchSize = batchSize
    options.gradientAccumulationSteps = gradAccumulationSteps
    options.objective = objective
    options.beta = beta
    options.preferenceWeight = preferenceWeight
    options.unlikelihoodWeight = unlikelihoodWeight
    options.seed = seed
    options.shuffles = shuffle
    options.recomputesLayers = recompute
  }
}

extension LearningRateSchedule.Shape: ExpressibleByArgument {}
extension Objective: ExpressibleByArgument {}
