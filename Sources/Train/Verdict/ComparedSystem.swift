/// One of the systems that a verdict compares.
public enum ComparedSystem: Hashable, Sendable {
  /// The base alone.
  case base
  /// The base with pieces of the training side in its prompt.
  case promptedBase
  /// The base with the adapter.
  case adapter
  /// The base with the adapter and pieces in its prompt.
  case promptedAdapter
  /// A system from outside, by the name of its file of outputs.
  case external(String)

  /// The systems that run here, in the order of every table.
  static let local: [ComparedSystem] = [.base, .promptedBase, .adapter, .promptedAdapter]

  /// The name in reports.
  public var name: String {
    switch self {
    case .base: "base"
    case .promptedBase: "prompted base"
    case .adapter: "adapter"
    case .promptedAdapter: "adapter + few-shot"
    case .external(let name): name
    }
  }

  var usesAdapter: Bool { self == .adapter || self == .promptedAdapter }
  var showsPieces: Bool { self == .promptedBase || self == .promptedAdapter }
}
