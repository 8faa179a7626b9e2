import Model
import Tensor

/// What reading a saved adapter back showed: that the file holds what was trained, and that it does something.
public struct AdapterSelfTest: Equatable, Sendable {
  /// The largest difference between the losses with the adapter in memory and with the one on disk; 0 when the
  /// file holds exactly what was trained.
  public let largestDifference: Float
  /// The largest difference between the losses with the adapter on disk and without one.
  public let largestEffect: Float

  /// Whether the file is the adapter and the adapter is not inert.
  public var passes: Bool { largestDifference == 0 && largestEffect > 0 }
}

extension AdapterSelfTest {
  /// Reads the folder and scores one batch three ways with the buffers of `engine`.
  init(_ folder: String, base: BaseModel, engine: TrainingEngine, batch: Batch, maxPositions: Int) throws {
    let saved = try AdapterFolder.read(folder, for: base.configuration)
    func decoder(_ adapter: LoRAAdapter?) -> Decoder {
      base.decoder(adapter: adapter, maxPositions: maxPositions, pool: engine.decoder.pool)
    }
    let trained = engine.losses(batch)
    let reread = engine.losses(batch, with: decoder(saved))
    let plain = engine.losses(batch, with: decoder(nil))
    largestDifference = zip(trained, reread).reduce(0) { max($0, abs($1.0 - $1.1)) }
    largestEffect = zip(reread, plain).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }
}
