import ArgumentParser
import Flags
import Train

/// How an adapter is judged against a prompted base.
struct VerdictOptions: ParsableArguments {
  @Flag(name: .long, help: "Judge the adapter against a prompted base on the posts that were held out.")
  var verdict = false

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp(
      "Posts that the adapter has not seen. (default: those that its run held out)", valueName: "file"))
  var heldOut: [String] = []

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp(
      "Other writers' archives, one a writer: for specificity, and to mute what does not tell this voice.",
      valueName: "file"))
  var others: [String] = []

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp(
      "Outputs of systems from outside, NAME.jsonl of {\"id\", \"output\"} for the held-out posts.",
      valueName: "file"))
  var outputs: [String] = []

  @Option(number: ArgumentHelp("Drafts of a post by each system. (default: 3)", valueName: "n"))
  var samples: Int?

  @Option(number: ArgumentHelp("The most posts to draft from. (default: 24)", valueName: "n"))
  var maxPieces: Int?

  @Option(
    number: ArgumentHelp(
      "What the logits are divided by; 0 takes the likeliest token. (default: 0.8)", valueName: "x"))
  var temperature: Float?

  @Option(
    number: ArgumentHelp("What an hour of this machine costs; gives each draft its cost.", valueName: "x"))
  var pricePerHour: Double?

  /// A flag that means something with --verdict alone, where it was given without.
  var flagWithoutVerdict: String? {
    let given = [
      ("--held-out", !heldOut.isEmpty), ("--others", !others.isEmpty), ("--outputs", !outputs.isEmpty),
      ("--samples", samples != nil), ("--max-pieces", maxPieces != nil),
      ("--temperature", temperature != nil),
      ("--price-per-hour", pricePerHour != nil),
    ]
    return verdict ? nil : given.first { $0.1 }?.0
  }

  func apply(to run: inout VerdictRun) {
    run.heldOut = heldOut
    run.others = others
    run.outputs = outputs
    if let samples { run.samples = samples }
    if let maxPieces { run.maxPieces = maxPieces }
    if let temperature { run.sampling.temperature = temperature }
    run.pricePerHour = pricePerHour
  }
}
