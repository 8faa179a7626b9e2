import ArgumentParser
import Ghost

/// Where the desk is.
struct DeskOptions: ParsableArguments {
  @Option(name: .long, help: "The folder with drafts/ and archive.jsonl; this one unless told.")
  var workspace = "."

  var desk: Desk { Desk(workspace, startedAs: GhostCommand.invocation) }
}

/// Which draft is meant.
struct DraftName: ParsableArguments {
  @Argument(help: "The draft: its ID, a part of it that only this one has, or its file.")
  var id: String
}
