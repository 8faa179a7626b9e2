import Foundation

/// A pretraining run's events in words.
public enum PretrainingProgress {
  /// One plain line for an event; nil for the steps between two reports.
  public static func line(_ event: PretrainingRun.Event) -> String? {
    switch event {
    case .trainingVocabulary:
      return "training the vocabulary"
    case .foundVocabulary(let tokens):
      return "using the folder's vocabulary of \(tokens) tokens"
    case .tokenizing(let documents):
      return documents % 5_000 == 0 ? "tokenising: \(documents) documents" : nil
    case .started(let step, let parameters, let trainingTokens, let windows):
      return
        "\(parameters) parameters; \(trainingTokens) training tokens in \(windows) windows; from step \(step)"
    case .step(let number, let result, let rate, let tokensSeen):
      guard number % 10 == 0 || number == 1 else { return nil }
      let speed = Double(result.tokens) / max(result.seconds, 1e-9)
      return String(
        format: "step %d  loss %.3f  gradient %.2f  rate %.2e  %.0f tokens/s  %.2f M tokens", number,
        result.loss,
        result.gradientNorm, rate, speed, Double(tokensSeen) / 1e6)
    case .evaluated(let step, let bitsPerByte, let loss):
      return String(format: "step %d  held-out loss %.4f  bits per byte %.4f  saved", step, loss, bitsPerByte)
    case .finished(let step, let stopped):
      return stopped ? "stopped after step \(step); --resume goes on" : "finished after step \(step)"
    }
  }
}
