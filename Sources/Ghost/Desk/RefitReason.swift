import Train

/// Why an adapter should be trained again.
public enum RefitReason: Equatable, Sendable {
  /// Rows have come since the last training.
  case newRows(Int)
  /// Drafts take more editing than they did.
  case drift(EditBand)
  /// The day has come on which the adapter is to be judged again.
  case sunset(String)
  /// Drafts are to be written with a base that the adapter was not trained on.
  case base(String)

  /// The reason in words.
  public var text: String {
    switch self {
    case .newRows(let count): "\(NumberText.counted(count, "row")) came since the last training"
    case .drift(let band): band.text
    case .sunset(let day): "its sunset was on \(day)"
    case .base(let path): "the base is now \(path), which it was not trained on"
    }
  }
}
