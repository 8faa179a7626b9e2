/// Which batches each optimizer step of a run sums up: the epochs' batches in order, so many together, an
/// epoch's last step taking what is left. It follows from the packing alone, so that a resumed run needs to know
/// only its step.
struct StepPlan {
  /// The optimizer steps of the whole run.
  let totalSteps: Int
  /// The steps after which the held-out side is scored: four an epoch, and the last.
  let evaluations: Set<Int>

  private let packing: SequencePacking
  private let accumulation: Int
  /// The first step of each epoch, counted from 0, and the run's end.
  private let epochStarts: [Int]
  private var cached: (epoch: Int, batches: [[Int]]) = (-1, [])

  init(_ packing: SequencePacking, epochs: Int, maxSteps: Int?, accumulation: Int) {
    self.packing = packing
    self.accumulation = accumulation
    var starts = [0]
    var evaluations: Set<Int> = []
    while maxSteps.map({ starts[starts.count - 1] < $0 }) ?? (starts.count <= epochs) {
      let steps = (packing.batches(epoch: starts.count - 1).count + accumulation - 1) / accumulation
      guard steps > 0 else { break }
      let start = starts[starts.count - 1]
      for quarter in 1...4 { evaluations.insert(start + max(1, steps * quarter / 4)) }
      starts.append(start + steps)
    }
    totalSteps = min(maxSteps ?? Int.max, starts[starts.count - 1])
    epochStarts = starts
    let total = totalSteps
    self.evaluations = evaluations.filter { $0 < total }.union([total])
  }

  /// The epoch of a step, counted from 1, with the share of it that is done when the step is.
  func epoch(ofStep step: Int) -> Double {
    let epoch = (epochStarts.lastIndex { $0 < step }) ?? 0
    guard epoch + 1 < epochStarts.count else { return Double(epoch) }
    let steps = epochStarts[epoch + 1] - epochStarts[epoch]
    return Double(epoch) + Double(step - epochStarts[epoch]) / Double(max(steps, 1))
  }

  /// The tokens of all steps together.
  func tokenCount(_ inputCount: (Int) -> Int) -> Int {
    func count(_ batches: [[Int]]) -> Int { batches.joined().reduce(0) { $0 + inputCount($1) } }
    // Every epoch takes each sequence once; only the last may be cut short.
    let whole = epochStarts.lastIndex { $0 <= totalSteps } ?? 0
    var copy = self
    return (epochStarts[whole]..<totalSteps).reduce(whole > 0 ? whole * count(packing.batches(epoch: 0)) : 0)
    {
      $0 + count(copy.batches(ofStep: $1 + 1))
    }
  }

  /// The batches of a step, counted from 1, each as indices into the examples.
  mutating func batches(ofStep step: Int) -> [[Int]] {
    let epoch = (epochStarts.lastIndex { $0 < step }) ?? 0
    if cached.epoch != epoch { cached = (epoch, packing.batches(epoch: epoch)) }
    let first = (step - 1 - epochStarts[epoch]) * accumulation
    return Array(cached.batches[first..<min(first + accumulation, cached.batches.count)])
  }
}
