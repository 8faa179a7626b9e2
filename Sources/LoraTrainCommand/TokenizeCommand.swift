import ArgumentParser
import Files
import Train

struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize", abstract: "Print the token ids of each line of a text file.",
    discussion: """
      The ids are those of the base's tokenizer, with the special tokens that it puts around every text. The \
      end-of-text that training puts behind a whole row is not among them: a line is not a row.
      """)

  @OptionGroup var base: BaseOptions

  @Option(name: .long, help: ArgumentHelp("The text, in UTF-8.", valueName: "file"))
  var file: String

  @Flag(name: .long, help: "Print one JSON list, of one list of ids a line.")
  var json = false

  func run() throws {
    let lines = try LineTokens.read(file, model: try base.path())
    if json {
      try Console.printResult([LineTokens.json(lines)])
    } else {
      try Console.printResult(lines.map { $0.map(String.init).joined(separator: " ") })
    }
  }
}
