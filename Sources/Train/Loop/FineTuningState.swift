import Files
import Model
import Tensor

/// What a fine-tuning run has come to so far: with the parameters and moments, all that resuming needs.
struct FineTuningState: Equatable {
  /// One optimizer step.
  struct StepRecord: Equatable {
    let loss: Double
    let gradientNorm: Double
    let learningRate: Double
    let tokens: Int
    let labels: Int
    let seconds: Double
  }

  /// One scoring of the held-out side.
  struct EvaluationRecord: Equatable {
    let step: Int
    let loss: Double
    let bitsPerByte: Double
  }

  /// The peak of the learning rate; nil while rates are probed.
  var peakLearningRate: Double?
  /// The step whose adapter is the best so far; 0 is the adapter that the run began with.
  var bestStep = 0
  /// The steps so far, the first being step 1.
  var steps: [StepRecord] = []
  /// The held-out scores so far.
  var evaluations: [EvaluationRecord] = []

  /// The steps taken.
  var step: Int { steps.count }
  /// The tokens computed in them.
  var tokens: Int { steps.reduce(0) { $0 + $1.tokens } }

  init() {}

  /// The state as a checkpoint keeps it. Numbers are written so that they read back exactly.
  var json: JSONValue {
    [
      "peak_learning_rate": peakLearningRate.map { .number($0) } ?? .null,
      "best_step": .integer(Int64(bestStep)),
      "steps": .array(
        steps.map {
          .array([
            .number($0.loss), .number($0.gradientNorm), .number($0.learningRate), .integer(Int64($0.tokens)),
            .integer(Int64($0.labels)), .number($0.seconds),
          ])
        }),
      "evaluations": .array(
        evaluations.map { .array([.integer(Int64($0.step)), .number($0.loss), .number($0.bitsPerByte)]) }),
    ]
  }

  /// Reads a state; nil where it is not one.
  init?(json: JSONValue) {
    guard let peak = json["peak_learning_rate"], let best = FineTuningState.count(json["best_step"]),
      let steps = json["steps"]?.arrayValue, let evaluations = json["evaluations"]?.arrayValue,
      steps.isEmpty || peak.doubleValue != nil
    else { return nil }
    peakLearningRate = peak.doubleValue
    bestStep = best
    for entry in steps {
      guard let row = entry.arrayValue, row.count == 6, let loss = row[0].doubleValue,
        let norm = row[1].doubleValue, let rate = row[2].doubleValue,
        let tokens = FineTuningState.count(row[3]),
        let labels = FineTuningState.count(row[4]), let seconds = row[5].doubleValue
      else { return nil }
      self.steps.append(
        StepRecord(
          loss: loss, gradientNorm: norm, learningRate: rate, tokens: tokens, labels: labels,
          seconds: seconds))
    }
    for entry in evaluations {
      guard let row = entry.arrayValue, row.count == 3, let step = FineTuningState.count(row[0]),
        let loss = row[1].doubleValue, let bits = row[2].doubleValue
      else { return nil }
      self.evaluations.append(EvaluationRecord(step: step, loss: loss, bitsPerByte: bits))
    }
  }

  /// A count that sums of a million like it cannot overflow.
  private static func count(_ json: JSONValue?) -> Int? {
    json?.intValue.flatMap { (0...1 << 40).contains($0) ? $0 : nil }
  }
}
