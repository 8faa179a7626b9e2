import Files

/// One line of a file of cases or outputs: a JSON object whose values are checked as they are taken.
struct GateLine {
  private let file: String
  private let line: Int
  private let object: JSONObject

  init(_ bytes: UnsafeRawBufferPointer, file: String, line: Int) throws(GateProblem) {
    self.file = file
    self.line = line
    let value: JSONValue
    do {
      value = try JSONParser.parse(bytes, file: file, firstLine: line)
    } catch {
      throw GateProblem(file: file, line: line, problem: .notJSON("\(error)"))
    }
    guard let object = value.objectValue else {
      throw GateProblem(file: file, line: line, problem: .notAnObject(found: value.kindName))
    }
    self.object = object
  }

  /// The line as a case.
  func gateCase() throws(GateProblem) -> GateCase {
    let id = try id()
    let request: GateCase.Request
    switch (object["prompt"], object["seed"]) {
    case (nil, nil): throw problem(.noRequest)
    case (_?, _?): throw problem(.twoRequests)
    case (let prompt?, nil):
      guard let text = prompt.stringValue, Seed.wordCount(of: text) > 0 else {
        throw wrong("prompt", "a string with words in it", prompt)
      }
      request = .prompt(text)
    case (nil, let seed?): request = .seed(try self.seed(seed))
    }
    guard let value = object["checks"] else { throw problem(.noChecks) }
    guard let list = value.arrayValue else { throw wrong("checks", "a list of checks", value) }
    guard !list.isEmpty else { throw problem(.noChecks) }
    var checks: [GateCheck] = []
    for entry in list { checks.append(try check(entry)) }
    return GateCase(id: id, request: request, checks: checks)
  }

  /// The line as an output.
  func output() throws(GateProblem) -> GateOutput {
    guard let text = object["output"]?.stringValue else {
      throw wrong("output", "a string", object["output"])
    }
    var ended: Bool?
    if let value = object["ended"], !value.isNull {
      guard let truth = value.boolValue else { throw wrong("ended", "true or false", value) }
      ended = truth
    }
    return GateOutput(
      id: try id(), text: text, latencyMilliseconds: try amount("latency_ms"), cost: try amount("cost"),
      ended: ended)
  }

  private func id() throws(GateProblem) -> String {
    if let number = object["id"]?.intValue { return String(number) }
    guard let text = object["id"]?.stringValue, !text.isEmpty else {
      throw wrong("id", "a string or a whole number", object["id"])
    }
    return text
  }

  /// A number that is not below zero; nil where the key is absent or null.
  private func amount(_ key: String) throws(GateProblem) -> Double? {
    guard let value = object[key], !value.isNull else { return nil }
    guard let number = value.doubleValue, number >= 0, number.isFinite else {
      throw wrong(key, "a number from 0", value)
    }
    return number
  }

  private func seed(_ value: JSONValue) throws(GateProblem) -> Seed {
    let expected = "an object of \"topic\", \"angle\", \"length\" and \"kind\""
    guard let parts = value.objectValue else { throw wrong("seed", expected, value) }
    var length: Int?
    if let value = parts["length"], !value.isNull {
      guard let words = value.intValue, words > 0 else {
        throw wrong("seed.length", "a whole number of words from 1", value)
      }
      length = words
    }
    func text(_ key: String) throws(GateProblem) -> String? {
      guard let value = parts[key], !value.isNull else { return nil }
      guard let text = value.stringValue else { throw wrong("seed.\(key)", "a string", value) }
      return text
    }
    let seed = Seed(
      topic: try text("topic"), angle: try text("angle"), length: length, kind: try text("kind"))
    guard !seed.isEmpty else { throw wrong("seed", expected, value) }
    return seed
  }

  private func check(_ value: JSONValue) throws(GateProblem) -> GateCheck {
    guard let members = value.objectValue?.members else {
      throw wrong("checks", "objects such as {\"contains\": \"…\"}", value)
    }
    var subject: GateCheck.Subject?
    if let about = value["about"] {
      guard let known = about.stringValue.flatMap(GateCheck.Subject.init) else {
        throw wrong("about", "\"fact\" or \"form\"", about)
      }
      subject = known
    }
    let rules = members.filter { $0.key != "about" }
    guard let rule = rules.first, rules.count == 1 else { throw problem(.unknownCheck(found: nil)) }
    return GateCheck(try self.rule(rule.key, rule.value), about: subject)
  }

  private func rule(_ key: String, _ value: JSONValue) throws(GateProblem) -> GateCheck.Rule {
    switch key {
    case "contains": return .contains(try text(key, value))
    case "not_contains": return .notContains(try text(key, value))
    case "equals": return .equals(try text(key, value))
    case "regex":
      let pattern = try text(key, value)
      guard (try? Regex(pattern)) != nil else { throw problem(.badPattern(pattern)) }
      return .regex(pattern)
    case "max_words": return .maxWords(try words(key, value))
    case "min_words": return .minWords(try words(key, value))
    case "json":
      if value.boolValue == true { return .json(keys: []) }
      let keys = value.arrayValue?.compactMap(\.stringValue)
      guard let keys, keys.count == value.arrayValue?.count else {
        throw wrong(key, "true or a list of keys", value)
      }
      return .json(keys: keys)
    case "ends":
      guard value.boolValue == true else { throw wrong(key, "true", value) }
      return .ends
    case "voice":
      guard let bound = value.doubleValue, bound > 0, bound.isFinite else {
        throw wrong(key, "a number above 0", value)
      }
      return .voice(bound)
    default: throw problem(.unknownCheck(found: key))
    }
  }

  private func text(_ key: String, _ value: JSONValue) throws(GateProblem) -> String {
    // An empty text is in every output.
    guard let text = value.stringValue, !text.isEmpty else {
      throw wrong(key, "a string that is not empty", value)
    }
    return text
  }

  private func words(_ key: String, _ value: JSONValue) throws(GateProblem) -> Int {
    guard let count = value.intValue, count > 0 else {
      throw wrong(key, "a whole number of words from 1", value)
    }
    return count
  }

  private func wrong(_ key: String, _ expected: String, _ value: JSONValue?) -> GateProblem {
    let found: String =
      switch value {
      case nil: "nothing"
      case .integer(let number)?: "\(number)"
      case .number(let number)?: "\(number)"
      case .bool(let truth)?: "\(truth)"
      case .string(let text)? where text.isEmpty: "an empty string"
      case let value?: value.kindName
      }
    return problem(.wrongValue(key: key, expected: expected, found: found))
  }

  private func problem(_ problem: GateProblem.Problem) -> GateProblem {
    GateProblem(file: file, line: line, problem: problem)
  }
}
