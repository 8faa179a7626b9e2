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

  /// The peak of the learning rate, which a probe may have chosen.
  var peakLearningRate: Double
  /// The step whose adapter is the best so far; 0 is the adapter that the run began with.
  var bestStep = 0
  /// The steps so far, the first being step 1.
  var steps: [StepRecord] = []
  /// The held-out scores so far.
  var evaluations: [EvaluationRecord] = []

  /// The steps taken.
  var step: Int { steps.count }
  /// The best held-out loss so far.
  var bestLoss: Double? { evaluations.map(\.loss).min() }

  init(peakLearningRate: Double) { self.peakLearningRate = peakLearningRate }

  /// The state as a checkpoint keeps it. Numbers are written so that they read back exactly.
  var json: JSONValue {
    [
      "peak_learning_rate": .number(peakLearningRate), "best_step": .integer(Int64(bestStep)),
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
    guard let peak = json["peak_learning_rate"]?.doubleValue, let best = json["best_step"]?.intValue,
      let steps = json["steps"]?.arrayValue, let evaluations = json["evaluations"]?.arrayValue
    else { return nil }
    peakLearningRate = peak
    bestStep = best
    for entry in steps {
      guard let row = entry.arrayValue, row.count == 6, let loss = row[0].doubleValue,
        let norm = row[1].doubleValue, let rate = row[2].doubleValue, let tokens = row[3].intValue,
        let labels = row[4].intValue, let seconds = row[5].doubleValue
      else { return nil }
      self.steps.append(
        StepRecord(
          loss: loss, gradientNorm: norm, learningRate: rate, tokens: tokens, labels: labels,
          seconds: seconds))
    }
    for entry in evaluations {
      guard let row = entry.arrayValue, row.count == 3, let step = row[0].intValue,
        let loss = row[1].doubleValue, let bits = row[2].doubleValue
      else { return nil }
      self.evaluations.append(EvaluationRecord(step: step, loss: loss, bitsPerByte: bits))
    }
  }
}
