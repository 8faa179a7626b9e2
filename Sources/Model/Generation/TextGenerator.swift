import Foundation
import Tensor

/// Continues a prompt token by token with a key-value cache.
public final class TextGenerator {
  /// Why a text stopped.
  public enum Ending: String, Sendable {
    /// The model wrote an end-of-text token.
    case endOfText = "end-of-text"
    /// The token limit or the model's context was reached.
    case limit
    /// The caller asked to stop.
    case stopped
  }

  /// What was written, and how long it took.
  public struct Result: Sendable {
    /// The new tokens, without the end-of-text token.
    public let tokens: [Int32]
    /// Why the text stopped.
    public let ending: Ending
    /// Seconds spent on reading the prompt.
    public let prefillSeconds: Double
    /// Seconds spent on writing the new tokens.
    public let decodeSeconds: Double
  }

  /// The most tokens that a prompt and its continuation may have together.
  public let capacity: Int

  private let decoder: Decoder
  private let cache: KVCache
  private let activations: Activations
  private let step: DecodeStep
  private let chunk: Int

  /// The longest run of prompt tokens computed at once: large enough for efficient products, small enough that
  /// its buffers stay a few percent of a model's weights.
  private static let prefillChunk = 256

  /// Reserves what writing takes.
  ///
  /// - Parameter capacity: the most tokens of a prompt and its continuation together, no more than the
  ///   positions that the decoder was made for.
  public init(_ decoder: Decoder, capacity: Int) {
    self.decoder = decoder
    self.capacity = capacity
    chunk = min(capacity, TextGenerator.prefillChunk)
    let dtype = TextGenerator.dtype(for: decoder.weights)
    let cache = KVCache(decoder.configuration, capacity: capacity, dtype: dtype)
    self.cache = cache
    let updates = DecodeStep.Updates(of: decoder)
    func layOut(_ workspace: Workspace, chunk: Int) -> (Activations, DecodeStep) {
      let activations = Activations(
        decoder, dtype: dtype, tokenCapacity: chunk, purpose: .inference, workspace: workspace)
      return (activations, DecodeStep(decoder, updates: updates, cache: cache, workspace: workspace))
    }
    let plan = Workspace.planning()
    _ = layOut(plan, chunk: chunk)
    (activations, step) = layOut(Workspace(byteCount: plan.byteCount), chunk: chunk)
  }

  /// How prompts are computed, and keys and values cached, over weights as they are held: in bfloat16 where the
  /// processor multiplies it and the weights have no more digits themselves, or are packed for it; else in float32.
  public static func dtype(for weights: DecoderTensors<WeightMatrix>) -> DType {
    let formats = weights.layers.lazy.flatMap { $0.projections.lazy.map(\.format) }
    if formats.contains(.bfloat16Panels) { return .bfloat16 }
    return formats.contains(.float32) ? .float32 : MatrixProduct.fastestType
  }

  /// Writes until an end-of-text token, the limit, or `onToken` returns false.
  ///
  /// - Parameters:
  ///   - prompt: at least one token, fewer than `capacity`.
  ///   - maxTokens: the most new tokens; the capacity bounds them too.
  ///   - onToken: called with each new token as it is chosen, the end-of-text token left out.
  ///   - isBlank: whether a token writes no word. Where it is given, the text has words: another token is drawn in
  ///     place of a first one that is blank or ends the text, as `begin_suppress_tokens` of Hugging Face `generate`
  ///     does. A text that begins with a word is what it is without.
  /// - Throws: `GenerationError` where the logits are not finite: a choice among them would say nothing.
  public func generate(
    prompt: [Int32], maxTokens: Int, sampling: SamplingOptions, seed: UInt64,
    onToken: (Int32) -> Bool = { _ in true }, isBlank: ((Int32) -> Bool)? = nil
  ) throws(GenerationError) -> Result {
    precondition(!prompt.isEmpty && prompt.count < capacity, "\(prompt.count) prompt tokens in \(capacity)")
    let clock = ContinuousClock()
    let began = clock.now
    var sampler = Sampler(sampling, seed: seed)
    var history = prompt
    read(prompt)
    let prefilled = clock.now
    var ending = Ending.limit
    while history.count - prompt.count < maxTokens {
      guard Reduction.isFinite(step.logits.base, count: step.logits.count) else {
        throw .notFinite(tokens: history.count)
      }
      let token = nextToken(&sampler, history, refusing: history.count == prompt.count ? isBlank : nil)
      if decoder.configuration.endOfText.contains(token) {
        ending = .endOfText
        break
      }
      history.append(token)
      if !onToken(token) {
        ending = .stopped
        break
      }
      if history.count == capacity { break }
      step.advance(token: token, position: history.count - 1)
    }
    return Result(
      tokens: Array(history[prompt.count...]), ending: ending,
      prefillSeconds: (prefilled - began) / .seconds(1),
      decodeSeconds: (clock.now - prefilled) / .seconds(1))
  }

  /// Draws the next token; where one is refused, or ends the text, again without it.
  private func nextToken(
    _ sampler: inout Sampler, _ history: [Int32], refusing isBlank: ((Int32) -> Bool)?
  ) -> Int32 {
    while true {
      let token = sampler.next(
        logits: UnsafeBufferPointer(start: step.logits.base, count: step.logits.count), history: history)
      guard let isBlank, isBlank(token) || decoder.configuration.endOfText.contains(token),
        // A vocabulary without words has nothing else to give.
        step.logits.base[Int(token)] > -.infinity
      else { return token }
      step.logits.base[Int(token)] = -.infinity
    }
  }

  /// Feeds the prompt in chunks and leaves the logits of its last token.
  private func read(_ prompt: [Int32]) {
    var done = 0
    while done < prompt.count {
      let count = min(chunk, prompt.count - done)
      let positions = (0..<count).map { Int32(done + $0) }
      prompt[done..<done + count].withUnsafeBufferPointer { ids in
        positions.withUnsafeBufferPointer { positions in
          let stream = decoder.forward(
            ids: ids, positions: positions, cache: cache, start: done, activations: activations)
          if done + count == prompt.count { step.computeLogits(of: stream.rows(count - 1..<count)) }
        }
      }
      done += count
    }
  }
}
