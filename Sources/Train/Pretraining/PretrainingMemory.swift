import Model
import Tensor

/// What a pretraining run will keep in memory, known before it takes any of it.
struct PretrainingMemory {
  /// Weights, gradients and the optimizer's state, in bytes.
  let parameterBytes: Int
  /// What the machine could give without swapping; nil where the system does not say.
  private let available: Int?

  /// Adds up what a model of this shape takes.
  ///
  /// - Parameter available: what there is, of which nothing of the run is taken yet.
  init(_ configuration: ModelConfiguration, available: Int? = AvailableMemory.bytes()) {
    // Of every parameter the value, its gradient and two moments; of a matrix in a layer what `MuonOptimizer` works in:
    // the update twice, and twice the square of the shorter side.
    let scratch = Projection.allCases.reduce(0) { sum, projection in
      let (output, input) = configuration.shape(of: projection)
      let short = min(output, input)
      return sum + 2 * (output * input + short * short)
    }
    let values = 4 * configuration.parameterCount + configuration.layerCount * scratch
    parameterBytes = values * MemoryLayout<Float>.stride
    self.available = available
  }

  /// Refuses a run that does not fit.
  ///
  /// - Parameter workspace: the buffers of a step, where they are laid out already.
  /// - Throws: `TrainingError.memory`.
  func check(workspace: [Workspace.Entry] = []) throws(TrainingError) {
    let needed = workspace.reduce(parameterBytes) { $0 + $1.byteCount }
    guard let available, needed > available else { return }
    throw .memory(
      needed: needed, available: available,
      remedy: "Lower --batch-tokens, --hidden-size, --intermediate-size or --layers.")
  }
}
