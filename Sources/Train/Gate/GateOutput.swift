import Files

/// What one system answered to one case.
public struct GateOutput: Equatable, Sendable {
  /// The case's name.
  public let id: String
  /// The answer.
  public let text: String
  /// How long it took, in milliseconds; nil where that was not measured.
  public let latencyMilliseconds: Double?
  /// What it cost, in any one currency; nil where that is not known.
  public let cost: Double?
  /// Whether the system ended the text by itself and not at a limit; nil where it does not say.
  public let ended: Bool?

  /// Makes an output.
  public init(
    id: String, text: String, latencyMilliseconds: Double? = nil, cost: Double? = nil, ended: Bool? = nil
  ) {
    self.id = id
    self.text = text
    self.latencyMilliseconds = latencyMilliseconds
    self.cost = cost
    self.ended = ended
  }

  /// Reads what ``json`` wrote; nil where it is something else.
  init?(json: JSONValue) {
    guard let id = json["id"]?.stringValue, let text = json["output"]?.stringValue else { return nil }
    self.init(
      id: id, text: text, latencyMilliseconds: json["latency_ms"]?.doubleValue,
      cost: json["cost"]?.doubleValue, ended: json["ended"]?.boolValue)
  }

  /// The output as a line of a file of outputs holds it.
  var json: JSONValue {
    var json = JSONObject()
    json.append("id", .string(id))
    json.append("output", .string(text))
    if let latencyMilliseconds { json.append("latency_ms", .number(latencyMilliseconds)) }
    if let cost { json.append("cost", .number(cost)) }
    if let ended { json.append("ended", .bool(ended)) }
    return .object(json)
  }
}
