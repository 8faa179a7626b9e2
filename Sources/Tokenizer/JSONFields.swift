import Files

/// An object of a tokenizer's file with the place it was found at, for errors that name it.
struct JSONFields {
  let object: JSONObject
  let file: String
  let path: String

  /// Takes `value`, which must be an object.
  init(_ value: JSONValue, file: String, path: String) throws(TokenizerError) {
    guard case .object(let object) = value else {
      throw TokenizerError(
        file: file, path: path, problem: .wrongKind(found: value.kindName, expected: "an object"))
    }
    self.object = object
    self.file = file
    self.path = path
  }

  /// The value of `key`, or nil where it is null or not there.
  subscript(key: String) -> JSONValue? {
    guard let value = object[key], !value.isNull else { return Optional.none }
    return value
  }

  func string(_ key: String) throws(TokenizerError) -> String {
    let value = try value(key, expected: "a string")
    guard let string = value.stringValue else { throw wrongKind(value, at: key, expected: "a string") }
    return string
  }

  func list(_ key: String) throws(TokenizerError) -> [JSONValue] {
    let value = try value(key, expected: "a list")
    guard let list = value.arrayValue else { throw wrongKind(value, at: key, expected: "a list") }
    return list
  }

  /// The truth value of `key`, or `standard` where it is null or not there.
  func bool(_ key: String, default standard: Bool) throws(TokenizerError) -> Bool {
    guard let value = self[key] else { return standard }
    guard let bool = value.boolValue else { throw wrongKind(value, at: key, expected: "a boolean") }
    return bool
  }

  /// The token id at `key`.
  func id(_ key: String) throws(TokenizerError) -> Int32 {
    try Self.id(value(key, expected: "an id"), file: file, path: path, key: key)
  }

  func fields(_ key: String) throws(TokenizerError) -> JSONFields {
    try JSONFields(value(key, expected: "an object"), file: file, path: place(key))
  }

  /// The objects in the list at `key`.
  func elements(_ key: String) throws(TokenizerError) -> [JSONFields] {
    var elements: [JSONFields] = []
    for (index, value) in try list(key).enumerated() {
      elements.append(try JSONFields(value, file: file, path: "\(place(key))[\(index)]"))
    }
    return elements
  }

  /// Refuses every field but `keys`: what is not understood may change the ids.
  func allowOnly(_ keys: [String]) throws(TokenizerError) {
    for (key, _) in object.members where !keys.contains(key) { throw error(.unknownField, at: key) }
  }

  func unsupported(
    _ found: String, at key: String? = nil, expected: String
  ) -> TokenizerError {
    error(.unsupported(found: found, expected: expected), at: key)
  }

  func error(_ problem: TokenizerError.Problem, at key: String? = nil) -> TokenizerError {
    TokenizerError(file: file, path: key.map(place) ?? path, problem: problem)
  }

  /// Where `key` is in the file.
  func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// The token id that `value` is, below `limit`; `path` and `key` say where it stands.
  static func id(
    _ value: JSONValue, file: String, path: String, key: String, limit: Int = BPEModel.idLimit
  ) throws(TokenizerError) -> Int32 {
    guard let id = value.intValue, id >= 0, id < limit else {
      let problem: TokenizerError.Problem =
        if let id = value.intValue {
          .idOutOfRange(id, limit: limit)
        } else {
          .wrongKind(found: value.kindName, expected: "an id")
        }
      throw TokenizerError(file: file, path: "\(path).\(key)", problem: problem)
    }
    return Int32(id)
  }

  private func value(_ key: String, expected: String) throws(TokenizerError) -> JSONValue {
    guard let value = self[key] else { throw error(.missing(expected: expected), at: key) }
    return value
  }

  private func wrongKind(_ value: JSONValue, at key: String, expected: String) -> TokenizerError {
    error(.wrongKind(found: value.kindName, expected: expected), at: key)
  }
}
