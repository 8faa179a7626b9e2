import Files
import Model
import Train

/// Writes drafts one after another, and prints, saves and keeps each as soon as it is done.
public struct DraftSession {
  /// Where the drafts go, beside standard output.
  public struct Destination: Sendable {
    /// The desk that keeps them; nil keeps none.
    public var desk: Desk?
    /// The file that the draft is saved as; nil saves none.
    public var output: String?
    /// Whether a file that is there may go.
    public var replacesOutput = false
    /// Whether they are printed as one JSON object in the end, instead of as they grow.
    public var printsJSON = false

    /// Describes drafts that are printed alone.
    public init() {}
  }

  private let drafter: Drafter
  private let destination: Destination

  /// Reads base and adapter, after it is known that drafts can be put where they are to go; nothing is written yet.
  ///
  /// - Throws: ``DraftError/outputExists(path:)``, `FileError` and `FolderBusy` for the places; what ``Drafter`` throws.
  public init(_ request: DraftRequest, to destination: Destination) throws {
    if let output = destination.output {
      try Draft.checkOutput(output, replaces: destination.replacesOutput)
    }
    try destination.desk?.prepare()
    drafter = try Drafter(request, in: destination.desk?.folder ?? ".")
    self.destination = destination
  }

  /// What the writer should know before reading the drafts, a line each.
  public var notices: [String] { drafter.notices }

  /// Writes the drafts. After a failure no other is begun; those that are done are kept, and printed where JSON is.
  ///
  /// - Parameters:
  ///   - count: how many; each has the random seed that follows on the one before.
  ///   - stop: ends the draft after the next token, and begins no other.
  ///   - report: takes lines about the drafts.
  /// - Throws: `GenerationError`; what stood in the way of saving or keeping a draft; the printer's failure.
  public func write(
    _ count: Int, stop: StopRequest, to printer: inout DraftPrinter, report: (String) -> Void
  ) throws {
    var drafts: [JSONValue] = []
    let result = Result {
      for candidate in 0..<count where !(candidate > 0 && stop.isStopping) {
        if candidate > 0, !destination.printsJSON { _ = printer.print("\n") }
        let draft = try write(candidate, stop: stop, to: &printer)
        report(draft.summary)
        drafts.append(draft.json)
        try store(draft, report: report)
        if let failure = printer.failure { throw failure }
      }
    }
    if destination.printsJSON, let first = drafts.first {
      let value: JSONValue = count == 1 ? first : ["drafts": .array(drafts)]
      _ = printer.print(try JSONWriter.string(of: value, layout: .pretty))
    }
    try result.get()
    if let failure = printer.failure { throw failure }
  }

  private func write(
    _ candidate: Int, stop: StopRequest, to printer: inout DraftPrinter
  ) throws(GenerationError) -> Draft {
    guard !destination.printsJSON else { return try drafter.write(candidate: candidate, stop: stop) }
    defer { printer.endLine() }
    return try drafter.write(candidate: candidate, stop: stop) { printer.print($0) }
  }

  /// Saves and keeps a draft.
  private func store(_ draft: Draft, report: (String) -> Void) throws {
    if let output = destination.output { try draft.save(to: output, replaces: destination.replacesOutput) }
    guard let desk = destination.desk else { return }
    let id = try desk.keep(draft)
    report("kept as \(desk.draftPath(id)); next: \(desk.editCommand(id))")
  }
}
