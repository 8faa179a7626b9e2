import Tensor

/// Which sequences of each epoch go into which batch.
///
/// The plan of an epoch follows from the seed and the epoch's number alone, so a resumed run needs to know
/// only the epoch and the number of batches it has done. Every sequence is in exactly one batch of an
/// epoch; none is cut or padded.
public struct SequencePacking: Sendable {
  /// When a batch is full.
  public enum Filling: Equatable, Sendable {
    /// At so many input tokens; a longer sequence makes a batch of its own.
    case tokenBudget(Int)
    /// At so many sequences, taken in order.
    case batchSize(Int)
  }

  /// How many batches are open at once in token-budget packing. More would fill hardly better: by the time
  /// this many are open, the gaps they have left are of every size.
  private static let openBatchLimit = 64

  private let filling: Filling
  private let shuffles: Bool
  private let seed: UInt64
  /// Input tokens of each sequence, with those of a final's draft.
  private let lengths: [Int]

  /// The most that any batch of any epoch can hold.
  public let capacity: BatchCapacity

  /// Plans over `examples`.
  ///
  /// - Parameters:
  ///   - shuffles: whether each epoch takes the sequences in an order of its own, or all in file order.
  ///   - seed: the run's seed.
  public init(examples: [TrainingExample], filling: Filling, shuffles: Bool, seed: UInt64) {
    self.filling = filling
    self.shuffles = shuffles
    self.seed = seed
    lengths = examples.map(\.inputCount)
    let labelCounts = examples.map(\.scoredCount)
    // A final and its draft are one entry of a batch and two sequences in it.
    let sequences = examples.contains { $0.draft != nil } ? 2 : 1
    switch filling {
    case .tokenBudget(let budget):
      precondition(budget > 0, "a token budget of \(budget) holds nothing")
      let tokens = min(lengths.reduce(0, +), max(budget, lengths.max() ?? 0))
      capacity = BatchCapacity(
        sequences: sequences * Self.count(of: lengths.sorted(), within: tokens), tokens: tokens,
        labels: min(labelCounts.reduce(0, +), tokens))
    case .batchSize(let size):
      precondition(size > 0, "a batch size of \(size) holds nothing")
      capacity = BatchCapacity(
        sequences: sequences * min(size, lengths.count),
        tokens: lengths.sorted(by: >).prefix(size).reduce(0, +),
        labels: labelCounts.sorted(by: >).prefix(size).reduce(0, +))
    }
  }

  /// The batches of an epoch, counted from 0, each as indices into the examples.
  public func batches(epoch: Int) -> [[Int]] {
    var order = Array(lengths.indices)
    if shuffles {
      var random = RandomSource(seed: seed, stream: "order of epoch \(epoch)")
      order = random.shuffled(order)
    }
    switch filling {
    case .tokenBudget(let budget):
      return bestFit(order, budget: budget)
    case .batchSize(let size):
      return stride(from: 0, to: order.count, by: size).map {
        Array(order[$0..<min($0 + size, order.count)])
      }
    }
  }

  /// Puts each sequence into the open batch that it leaves with the least room (best fit, online), and
  /// closes a batch when not even the shortest sequence fits, or as the fullest of too many.
  private func bestFit(_ order: [Int], budget: Int) -> [[Int]] {
    guard let shortest = lengths.min() else { return [] }
    var done: [[Int]] = []
    var open: [(room: Int, members: [Int])] = []
    for index in order {
      let length = lengths[index]
      var target: Int?
      for candidate in open.indices where open[candidate].room >= length {
        if target.map({ open[candidate].room < open[$0].room }) ?? true { target = candidate }
      }
      let place = target ?? open.count
      if target == nil { open.append((max(budget, length), [])) }
      open[place].room -= length
      open[place].members.append(index)
      if open[place].room < shortest {
        done.append(open.remove(at: place).members)
      } else if open.count > Self.openBatchLimit,
        let fullest = open.indices.min(by: { open[$0].room < open[$1].room })
      {
        done.append(open.remove(at: fullest).members)
      }
    }
    return done + open.map(\.members)
  }

  /// How many of the ascending `lengths` fit into `limit` together.
  private static func count(of lengths: [Int], within limit: Int) -> Int {
    var total = 0
    return lengths.prefix { length in
      total += length
      return total <= limit
    }.count
  }
}
