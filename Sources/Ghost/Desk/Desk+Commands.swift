import Train

/// The commands to type next at a desk, as a shell takes them in the folder of the running command.
extension Desk {
  /// The command that opens a draft.
  public func editCommand(_ id: String) -> String { command("edit", id) }

  /// The command that writes a draft and keeps it here: without a folder, `ghost draft` keeps none.
  var draftCommand: String {
    "\(program("ghost")) draft --workspace \(CommandText.quoted(folder)) --topic \"…\""
  }

  /// The command that trains a first adapter where this desk looks for one.
  var trainCommand: String {
    let train = "\(program("lora-train")) --data \(CommandText.quoted(archivePath)) --epochs 2"
    if folder == "." { return train }
    let adapter = AdapterShelf(self).next(forArchive: archivePath)
    return "\(train) --adapter-path \(CommandText.quoted(adapter))"
  }

  /// The command that goes on with the run of an adapter that was not finished.
  func resumeCommand(_ adapter: AdapterStanding) -> String {
    "\(program("lora-train")) \(data(of: adapter)) --adapter-path \(CommandText.quoted(adapter.path)) --resume"
  }

  /// The command that judges an adapter beside a prompted base.
  func verdictCommand(_ adapter: AdapterStanding) -> String {
    "\(program("lora-train")) eval --verdict --adapter-path \(CommandText.quoted(adapter.path))"
      + " \(data(of: adapter))"
  }

  /// The flag that names what an adapter was trained on: the record's own paths may start at another folder.
  private func data(of adapter: AdapterStanding) -> String {
    let archives = adapter.archives.map { located($0, of: adapter) ?? $0.path }
    let words = archives.isEmpty ? [archivePath] : archives
    return (["--data"] + words.map(CommandText.quoted)).joined(separator: " ")
  }

  /// The command that trains the adapter again, on another base where one is given.
  func refitCommand(model: String?) -> String {
    command("refit") + (model.map { " --model \(CommandText.quoted($0))" } ?? "")
  }

  /// A command of `ghost` for which this folder is the one to work in unless told.
  func command(_ words: String...) -> String {
    let place = folder == "." ? [] : ["--workspace", folder]
    return ([program("ghost")] + (words + place).map(CommandText.quoted)).joined(separator: " ")
  }

  private func program(_ name: String) -> String { CommandText.program(name, startedAs: invocation) }
}
