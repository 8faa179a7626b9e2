import Model
import Tensor

/// What reading a saved adapter back showed: that the file holds what was trained, and that it does something.
public struct AdapterSelfTest: Equatable, Sendable {
  /// The largest difference between the logits with the adapter in memory and with the one on disk; 0 when the
  /// file holds exactly what was trained, NaN where a logit is no number.
  public let largestDifference: Float
  /// The largest difference between the logits with the adapter on disk and without one; NaN as above.
  public let largestEffect: Float

  /// Whether the file is the adapter and the adapter is not inert.
  public var passes: Bool { largestDifference == 0 && largestEffect > 0 }

  /// The rows whose logits are compared.
  private static let rowCount = 4

  init(largestDifference: Float, largestEffect: Float) {
    self.largestDifference = largestDifference
    self.largestEffect = largestEffect
  }

  /// Compares logits of the same rows.
  init(trained: [Float], reread: [Float], plain: [Float]) {
    largestDifference = AdapterSelfTest.largestDifference(trained, reread)
    largestEffect = AdapterSelfTest.largestDifference(reread, plain)
  }

  /// Reads the folder and computes logits of a batch's first labelled rows three ways with the buffers of `engine`.
  init(_ folder: String, base: BaseModel, engine: TrainingEngine, batch: Batch, maxPositions: Int) throws {
    let saved = try AdapterFolder.read(folder, for: base.configuration)
    func logits(_ adapter: LoRAAdapter?) -> [Float] {
      engine.logits(
        batch, labels: AdapterSelfTest.rowCount,
        with: base.decoder(adapter: adapter, maxPositions: maxPositions, pool: engine.decoder.pool))
    }
    self.init(
      trained: engine.logits(batch, labels: AdapterSelfTest.rowCount), reread: logits(saved),
      plain: logits(nil))
  }

  private static func largestDifference(_ left: [Float], _ right: [Float]) -> Float {
    // Unlike `max`, this comparison lets NaN through, and keeps it.
    zip(left, right).reduce(0) { largest, pair in
      let difference = abs(pair.0 - pair.1)
      return difference <= largest || largest.isNaN ? largest : difference
    }
  }
}
