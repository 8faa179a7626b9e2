import ArgumentParser
import Files
import Foundation
import Ghost
import Model
import Train

struct DraftCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "draft", abstract: "Write a draft from a seed: topic, angle, length and kind.",
    discussion: """
      The draft goes to standard output as it is written; which adapter and base wrote it goes to standard error. \
      Ctrl-C ends the draft, keeps the text so far and exits with 0: a draft may end anywhere.
      """)

  @Option(name: .long, help: "What the piece is about.")
  var topic: String?

  @Option(name: .long, help: "What it has to say about it.")
  var angle: String?

  @Option(name: .long, help: "The length to aim at, in words.")
  var length: Int?

  @Option(name: .long, help: "The kind of piece, in the archive's own words: note, essay.")
  var kind: String?

  @Option(name: .long, help: "YAML or JSON with the keys topic, angle, length and kind; flags win over it.")
  var seedFile: String?

  @Option(
    name: .long,
    help: "The base's folder; the one that the adapter was trained on, or data/base, unless told.")
  var model: String?

  @Option(name: .long, help: "The adapter's folder; the newest under adapters/, here or above, unless told.")
  var adapterPath: String?

  @Option(name: .long, help: "What the logits are divided by; 0 always takes the likeliest token.")
  var temperature = SamplingOptions().temperature

  @Option(name: .long, help: "Keep only the k likeliest tokens; 0 keeps all.")
  var topK = SamplingOptions().topK

  @Option(name: .long, help: "Keep the likeliest tokens up to this sum of probabilities; 1 keeps all.")
  var topP = SamplingOptions().topP

  @Option(name: .long, help: "Keep tokens at least this share as likely as the likeliest; 0 keeps all.")
  var minP = SamplingOptions().minP

  @Option(name: .long, help: "How much less likely a token gets that is in the text already; 1 does nothing.")
  var repetitionPenalty = SamplingOptions().repetitionPenalty

  @Option(name: .long, help: "Chooses the draft; drawn and printed unless given.")
  var seed: UInt64?

  @Option(name: .long, help: "The most tokens to write; about two a word of --length unless told.")
  var maxTokens: Int?

  @Option(
    name: .long,
    help: "Round the base's weights to q8, eight bits each, and draft faster; as they are stored unless told."
  )
  var quantize: WeightQuantization?

  @Option(name: .long, help: "Threads; every processor unless told.")
  var threads: Int?

  @Option(name: .shortAndLong, help: "Also save the draft as this file.")
  var output: String?

  @Flag(
    name: .long, help: "Print one JSON object with the draft and how it came to be, instead of the draft.")
  var json = false

  func run() throws {
    let stop = StopRequest()
    let interrupts = Interrupts(stop)
    defer { withExtendedLifetime(interrupts) {} }
    // A place that cannot be written to is noticed before the draft is, and leaves nothing behind.
    if let output { _ = try AtomicFile(path: output) }
    let drafter = try Drafter(request())
    for line in drafter.notices { GhostCommand.report(line) }

    var printer = DraftPrinter()
    let draft = drafter.write(stop: stop) { text in json || printer.print(text) }
    if json {
      _ = printer.print(try JSONWriter.string(of: draft.json, layout: .pretty))
    } else {
      printer.endLine()
    }
    GhostCommand.report(draft.summary)
    var failure: (any Error)? = printer.failure
    do {
      if let output { try AtomicFile.write(draft.fileText, to: output) }
    } catch {
      failure = error
    }
    if let failure {
      GhostCommand.report(error: "\(failure)")
      throw ExitCode(1)
    }
  }

  private func request() throws -> DraftRequest {
    let flags = SeedInput(topic: topic, angle: angle, length: length, kind: kind)
    let file = try seedFile.map { try SeedFile.read($0) } ?? SeedInput()
    var request = DraftRequest(seed: try flags.completed(by: file).seed(), randomSeed: seed)
    request.basePath = model
    request.adapterPath = adapterPath
    request.sampling = SamplingOptions(
      temperature: temperature, topK: topK, topP: topP, minP: minP, repetitionPenalty: repetitionPenalty)
    request.maxTokens = maxTokens
    request.threads = threads
    request.quantization = quantize
    return request
  }
}

extension WeightQuantization: ExpressibleByArgument {}
