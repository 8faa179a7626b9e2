/// Keys with their values, in the order in which they were written or added.
///
/// Keys are compared by their UTF-8 bytes and are unique. Iterate over ``members``; look up by subscript.
public struct JSONObject: Sendable {
  /// The keys and values in order.
  public private(set) var members: [(key: String, value: JSONValue)] = []

  /// Where each key is in `members`; empty while a scan of a few keys is cheaper than hashing.
  private var index = KeyIndex()

  /// Makes an object without members.
  public init() {}

  /// The number of members.
  public var count: Int { members.count }

  /// Whether there are no members.
  public var isEmpty: Bool { members.isEmpty }

  /// The keys in order.
  public var keys: [String] { members.map(\.key) }

  /// The value of `key`. Setting an existing key keeps its place, a new one goes to the end, nil removes.
  public subscript(key: String) -> JSONValue? {
    get { position(of: key).map { members[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?):
        members[position].value = value
      case (nil, let value?):
        append(key, value)
      case (let position?, nil):
        members.remove(at: position)
        index = KeyIndex()
        if members.count > KeyIndex.scanLimit { index.rebuild(over: members) }
      case (nil, nil):
        break
      }
    }
  }

  /// Adds a member at the end unless the key is already there; returns whether it was added.
  @discardableResult
  public mutating func append(_ key: String, _ value: JSONValue) -> Bool {
    if members.count < KeyIndex.scanLimit {
      guard position(of: key) == nil else { return false }
      members.append((key, value))
      return true
    }
    if index.isEmpty { index.rebuild(over: members) }
    guard index.insert(key, at: members.count, in: members) else { return false }
    members.append((key, value))
    return true
  }

  private func position(of key: String) -> Int? {
    index.isEmpty
      ? members.firstIndex { $0.key.hasSameBytes(as: key) }
      : index.position(of: key, in: members)
  }
}

extension JSONObject: Equatable {
  /// Same members in the same order.
  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.elementsEqual(right.members) { a, b in
      a.key.hasSameBytes(as: b.key) && a.value == b.value
    }
  }
}

extension String {
  /// Whether both are the same UTF-8 bytes, which is stricter than `==` (canonical equivalence).
  func hasSameBytes(as other: String) -> Bool {
    utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
  }
}
