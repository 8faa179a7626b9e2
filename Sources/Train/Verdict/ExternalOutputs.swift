/// What a system from outside wrote to the seeds of the held-out pieces, one output a piece.
struct ExternalOutputs {
  let system: ComparedSystem
  /// In the order of the pieces.
  let drafts: [SystemDraft]

  /// Reads a file of lines `{"id", "output", "latency_ms"?, "cost"?, "ended"?}`.
  ///
  /// - Throws: ``GateInputError`` with every line that cannot be used, such as one of an unknown id or of one that
  ///   several rows have; `FileError`.
  init(_ path: String, pieces: [HeldOutPiece]) throws {
    system = .external(GateSystem(path: path).name)
    let cases = pieces.map { GateCase(id: $0.id, request: .seed($0.seed), checks: []) }
    let sharesIDs = pieces.contains { $0.row.id != nil && $0.row.id != $0.id }
    let posts = "the held-out posts" + (sharesIDs ? ", by file:line where several rows have one id" : "")
    drafts = try GateReader.outputs(path, for: cases, of: posts).map { output in
      SystemDraft(
        text: output.text, latencyMilliseconds: output.latencyMilliseconds, cost: output.cost,
        endedByItself: GateCheck(.ends).passes(output))
    }
  }
}
