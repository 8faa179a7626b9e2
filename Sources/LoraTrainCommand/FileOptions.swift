import ArgumentParser

/// What training reads and where its results go.
struct FileOptions: ParsableArguments {
  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp("The archive: JSON Lines of posts, edits, texts or completions.", valueName: "file"))
  var data: [String] = []

  @OptionGroup var base: BaseOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Where the adapter goes. (default: adapters/ARCHIVE-N, the first number that is free)", valueName: "dir"
    ))
  var adapterPath: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "YAML with any of these flags as keys, such as learning_rate: 2e-4; the command line wins.",
      valueName: "file"))
  var config: String?

  @Option(
    name: .long, help: ArgumentHelp("Write the complete report, every step included.", valueName: "file"))
  var reportJson: String?

  @Flag(
    name: .long, help: "Print the complete report as one JSON object; everything else goes to standard error."
  )
  var json = false
}
