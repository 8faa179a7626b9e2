import Model

/// The shape of the base that `pretrain` makes, as far as it was asked for: what is nil has its default from scratch,
/// and that of the checkpoint in a run that goes on.
public struct PretrainingShape: Equatable, Sendable {
  /// The number of tokens in a vocabulary trained from the texts.
  public var vocabularySize: Int?
  /// C, the width of the residual stream.
  public var hiddenSize: Int?
  /// F, the width of the feed-forward layer.
  public var intermediateSize: Int?
  /// The number of decoder layers.
  public var layerCount: Int?
  /// H, the number of query heads.
  public var headCount: Int?
  /// K, the number of key-value heads.
  public var keyValueHeadCount: Int?

  /// Every size as a number.
  public typealias Sizes = (
    vocabularySize: Int, hiddenSize: Int, intermediateSize: Int, layerCount: Int, headCount: Int,
    keyValueHeadCount: Int
  )

  /// What a base from scratch has where nothing else was asked for.
  public static let defaults: Sizes = (
    vocabularySize: 8192, hiddenSize: 256, intermediateSize: 768, layerCount: 6, headCount: 4,
    keyValueHeadCount: 2
  )

  /// Asks for nothing.
  public init() {}

  /// The first flag that asked for something.
  public var firstFlag: String? { asked.first { $0.value != nil }?.flag }

  /// The shape from scratch.
  var sizes: Sizes {
    let defaults = PretrainingShape.defaults
    return (
      vocabularySize: vocabularySize ?? defaults.vocabularySize,
      hiddenSize: hiddenSize ?? defaults.hiddenSize,
      intermediateSize: intermediateSize ?? defaults.intermediateSize,
      layerCount: layerCount ?? defaults.layerCount, headCount: headCount ?? defaults.headCount,
      keyValueHeadCount: keyValueHeadCount ?? defaults.keyValueHeadCount
    )
  }

  /// Refuses what was asked for and is not the shape of the base that a run goes on with.
  ///
  /// - Parameters:
  ///   - askedVocabulary: what the run was begun with; its texts may have given fewer tokens.
  ///   - folder: where the base is.
  /// - Throws: `TrainingError.setting`.
  func check(
    against base: ModelConfiguration, askedVocabulary: Int?, folder: String
  ) throws(TrainingError) {
    let found = [
      base.vocabularySize, base.hiddenSize, base.intermediateSize, base.layerCount, base.headCount,
      base.keyValueHeadCount,
    ]
    for ((flag, value), found) in zip(asked, found) {
      guard let value, value != found, flag != "--vocab-size" || value != askedVocabulary else { continue }
      throw .setting(
        "\(flag) beside --resume: found two shapes, \(value) and the \(found) of \(folder); expected one, and that base"
          + " brings its own. Leave \(flag) out.")
    }
  }

  private var asked: [(flag: String, value: Int?)] {
    [
      ("--vocab-size", vocabularySize), ("--hidden-size", hiddenSize),
      ("--intermediate-size", intermediateSize), ("--layers", layerCount), ("--heads", headCount),
      ("--kv-heads", keyValueHeadCount),
    ]
  }
}
