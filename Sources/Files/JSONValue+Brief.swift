extension JSONValue {
  /// The value as an error message quotes it: compact JSON, or its kind where that would be long.
  public var brief: String {
    guard let text = try? JSONWriter.string(of: self), text.utf8.count <= 60 else { return kindName }
    return text
  }
}
