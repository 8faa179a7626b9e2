import ArgumentParser
import Flags
import Ghost
import Model
import Train

struct DraftCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "draft", abstract: "Write a draft from a seed: topic, angle, length and kind.",
    discussion: """
      The draft goes to standard output as it is written; which adapter and base wrote it goes to standard error. \
      Ctrl-C ends the draft, keeps the text so far and exits with 0: a draft may end anywhere. \
      Where the model would begin with white space or with the end, another first token is drawn. \
      With --workspace the draft is also kept there, to be edited and shipped.
      """)

  @Option(prose: "What the piece is about.")
  var topic: String?

  @Option(prose: "What it has to say about it.")
  var angle: String?

  @Option(number: "The length to aim at, in words.")
  var length: Int?

  @Option(prose: "The kind of piece, in the archive's own words: note, essay.")
  var kind: String?

  @Option(name: .long, help: "YAML or JSON with the keys topic, angle, length and kind; flags win over it.")
  var seedFile: String?

  @Option(
    name: .long,
    help: "The base's folder; the one that the adapter was trained on, or data/base, unless told.")
  var model: String?

  @Option(name: .long, help: "The adapter's folder; the newest under adapters/, here or above, unless told.")
  var adapterPath: String?

  @Option(number: "What the logits are divided by; 0 always takes the likeliest token.")
  var temperature = SamplingOptions().temperature

  @Option(number: "Keep only the k likeliest tokens; 0 keeps all.")
  var topK = SamplingOptions().topK

  @Option(number: "Keep the likeliest tokens up to this sum of probabilities; 1 keeps all.")
  var topP = SamplingOptions().topP

  @Option(number: "Keep tokens at least this share as likely as the likeliest; 0 keeps all.")
  var minP = SamplingOptions().minP

  @Option(number: "How much less likely a token gets that is in the text already; 1 does nothing.")
  var repetitionPenalty = SamplingOptions().repetitionPenalty

  @Option(number: "Chooses the draft; drawn and printed unless given.")
  var seed: UInt64?

  @Option(number: "The most tokens to write; about two a word of --length unless told.")
  var maxTokens: Int?

  @Option(
    name: .long,
    help: "Round the base's weights to q8, eight bits each, and draft faster; as they are stored unless told."
  )
  var quantize: WeightQuantization?

  @Option(number: "Threads; every processor unless told.")
  var threads: Int?

  @Option(name: .shortAndLong, help: "Also save the draft as this file, which is to be a new one.")
  var output: String?

  @Flag(name: .long, help: "Let --output replace a file.")
  var force = false

  @Option(
    name: .long, help: "Keep the draft in this folder's drafts/, and take defaults from its ghost.yaml.")
  var workspace: String?

  @Option(
    number:
      "Show so many pieces of the workspace's archive in the prompt, the nearest to the seed; as many as fit without an adapter and none beside one unless told."
  )
  var examples: Int?

  @Option(number: "How many drafts to write, each with the random seed after the last.")
  var n = 1

  @Flag(
    name: .long, help: "Print one JSON object with the draft and how it came to be, instead of the draft.")
  var json = false

  func validate() throws {
    guard (1...100).contains(n) else {
      throw ValidationError("--n is \(n); expected a whole number from 1 to 100. Change it.")
    }
    guard n == 1 || workspace != nil else {
      throw ValidationError(
        "--n is \(n) without --workspace; expected a folder to keep the drafts in. Give one.")
    }
    guard examples == nil || workspace != nil else {
      throw ValidationError(
        "--examples without --workspace; expected the folder with the archive to show them from. Give one.")
    }
    guard !force || output != nil else {
      throw ValidationError(
        "--force without --output; expected the file to replace. Name it or drop --force.")
    }
    guard n == 1 || output == nil else {
      throw ValidationError(
        "--n is \(n) with --output; expected one draft for one file. Drop one of the two.")
    }
  }

  func run() throws {
    let stop = StopRequest()
    let interrupts = Interrupts(stop)
    defer { withExtendedLifetime(interrupts) {} }
    let settings = try workspace.map { try DeskSettings($0) }
    let desk = workspace.map { Desk($0, startedAs: GhostCommand.invocation) }
    var destination = DraftSession.Destination()
    (destination.desk, destination.printsJSON) = (desk, json)
    (destination.output, destination.replacesOutput) = (output, force)
    let session = try DraftSession(try request(settings, desk), to: destination)
    for line in session.notices { GhostCommand.report(line) }
    var printer = DraftPrinter()
    do {
      try session.write(n, stop: stop, to: &printer, report: { GhostCommand.report($0) })
    } catch {
      GhostCommand.report(error: "\(error)")
      throw ExitCode(1)
    }
  }

  private func request(_ settings: DeskSettings?, _ desk: Desk?) throws -> DraftRequest {
    let flags = SeedInput(topic: topic, angle: angle, length: length, kind: kind)
    let file = try seedFile.map { try SeedFile.read($0) } ?? SeedInput()
    let given = flags.completed(by: file)
    // A seed needs a part of its own: the defaults alone would ask for the same piece again and again.
    _ = try given.seed()
    let defaults = SeedInput(length: settings?.length, kind: settings?.kind)
    var request = DraftRequest(seed: try given.completed(by: defaults).seed(), randomSeed: seed)
    request.basePath = model ?? settings?.base
    request.adapterPath = try adapterPath ?? settings?.usableAdapter()
    request.sampling = SamplingOptions(
      temperature: temperature, topK: topK, topP: topP, minP: minP, repetitionPenalty: repetitionPenalty)
    request.maxTokens = maxTokens
    request.threads = threads
    request.archivePath = desk?.archivePath
    request.exampleLimit = examples
    request.quantization = quantize
    return request
  }
}

extension WeightQuantization: ExpressibleByArgument {}
