import Foundation

/// The summed loss of a document, or of many, and what it is divided by.
public struct DocumentLoss: Equatable, Sendable {
  /// The negative log-likelihood of all labels, in nats.
  public var nats: Double
  /// The number of labels.
  public var tokens: Int
  /// The length in bytes of the learned text.
  public var bytes: Int

  /// Makes a sum.
  public init(nats: Double = 0, tokens: Int = 0, bytes: Int = 0) {
    self.nats = nats
    self.tokens = tokens
    self.bytes = bytes
  }

  /// The mean negative log-likelihood of a label, in nats.
  public var loss: Double { nats / Double(tokens) }

  /// exp(loss): among how many equally likely tokens the model chooses.
  public var perplexity: Double { Foundation.exp(loss) }

  /// nats / (ln 2 · bytes), which compares across tokenizers.
  public var bitsPerByte: Double { nats / (Foundation.log(2) * Double(bytes)) }

  /// Adds the sums of both.
  public static func + (left: DocumentLoss, right: DocumentLoss) -> DocumentLoss {
    DocumentLoss(
      nats: left.nats + right.nats, tokens: left.tokens + right.tokens, bytes: left.bytes + right.bytes)
  }
}

extension Collection where Element == DocumentLoss {
  /// The sum over all documents.
  public var total: DocumentLoss { reduce(DocumentLoss(), +) }
}
