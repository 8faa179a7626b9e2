import ArgumentParser

extension ParsableCommand {
  /// What the parser says of an error, on one line, and the command that shows the help for it.
  ///
  /// - Parameter program: how this command is started.
  public static func refusal(for error: any Error, startedAs program: String) -> String {
    let text = message(for: error).split(separator: "\n").joined(separator: " ")
    // The whole message ends with a line of the parser's own, which alone knows the subcommand.
    let subcommand =
      fullMessage(for: error).split(separator: "\n").last?
      .wholeMatch(of: /\s*See '\S+((?: \S+)*) --help' .*/)?.1 ?? ""
    return text + (text.hasSuffix(".") || text.hasSuffix("?") ? "" : ".")
      + " See \(program)\(subcommand) --help."
  }
}
