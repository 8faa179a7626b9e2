import Model
import Tensor

/// A decoder with buffers of its own, over sequences packed one after another.
final class PackedPass {
  let decoder: Decoder
  let ids: [Int32]
  let positions: [Int32]
  let offsets: [Int]
  private let activations: Activations
  private let head: LanguageModelHead

  init(_ decoder: Decoder, sequences: [[Int32]], purpose: Activations.Purpose) {
    self.decoder = decoder
    ids = Array(sequences.joined())
    positions = sequences.flatMap { $0.indices.map { Int32($0) } }
    offsets = sequences.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    let plan = Workspace.planning()
    _ = PackedPass.layOut(decoder, ids.count, purpose, plan)
    (activations, head) = PackedPass.layOut(
      decoder, ids.count, purpose, Workspace(byteCount: plan.byteCount))
  }

  private static func layOut(
    _ decoder: Decoder, _ tokens: Int, _ purpose: Activations.Purpose, _ workspace: Workspace
  ) -> (Activations, LanguageModelHead) {
    let activations = Activations(
      decoder, tokenCapacity: tokens, purpose: purpose, workspace: workspace)
    let head = LanguageModelHead(
      decoder, capacity: tokens, trains: purpose != .inference, workspace: workspace)
    return (activations, head)
  }

  private func withTokens<Result>(_ body: (Decoder.Tokens) -> Result) -> Result {
    ids.withUnsafeBufferPointer { ids in
      positions.withUnsafeBufferPointer { positions in
        body(Decoder.Tokens(ids: ids, positions: positions, offsets: offsets))
      }
    }
  }

  /// The logits of every token, those of the sequences one after another.
  func logits() -> [Float] {
    let vocabulary = decoder.configuration.vocabularySize
    let result = Storage(count: ids.count * vocabulary)
    let rows = ids.indices.map { Int32($0) }
    withTokens { tokens in
      let stream = decoder.forward(tokens, activations: activations)
      rows.withUnsafeBufferPointer {
        head.logits(of: stream, rows: $0, into: result.matrix(rows: ids.count, columns: vocabulary))
      }
    }
    return Array(UnsafeBufferPointer(start: result.base, count: result.count))
  }

  /// Adds the gradient of the mean loss over all labels, and returns that loss.
  ///
  /// - Parameter labels: for each sequence and token, the id that the tokens before it should predict, or −100.
  func lossAndGradient(labels: [[Int32]], dropoutSeed: UInt64? = nil) -> Double {
    let flat = Array(labels.joined())
    let starts = Set(offsets)
    let scored = flat.indices.filter { flat[$0] >= 0 && !starts.contains($0) }
    let rows = scored.map { Int32($0 - 1) }
    let targets = scored.map { flat[$0] }
    var losses = [Float](repeating: 0, count: targets.count)
    let weights = [Float](repeating: 1 / Float(targets.count), count: targets.count)
    withTokens { tokens in
      let stream = decoder.forward(tokens, activations: activations, dropoutSeed: dropoutSeed)
      guard let dStream = decoder.streamGradient(activations, tokens: ids.count) else { return }
      rows.withUnsafeBufferPointer { rows in
        targets.withUnsafeBufferPointer { targets in
          losses.withUnsafeMutableBufferPointer { losses in
            guard let base = losses.baseAddress else { return }
            weights.withUnsafeBufferPointer { weights in
              head.lossAndGradient(
                of: stream, rows: rows, labels: targets, labelWeights: weights, into: base, dStream: dStream)
            }
          }
        }
      }
      decoder.backward(tokens, activations: activations, dropoutSeed: dropoutSeed)
    }
    return losses.reduce(0) { $0 + Double($1) } / Double(targets.count)
  }
}
