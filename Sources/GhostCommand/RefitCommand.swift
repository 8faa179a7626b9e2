import ArgumentParser
import Files
import Flags
import Foundation
import Ghost
import Train

struct RefitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refit",
    abstract: "Train the adapter again, with the rows shipped since or for a new base, and keep the better.",
    discussion: """
      Follows the recipe of the adapter in use, from its run.json. Old adapter, prompted base and new adapter are then \
      scored on rows that neither adapter was trained on. An adapter that is no better than the prompted base \
      retires, and so does the worse of two that are; what retires is moved to adapters/retired/, never deleted. \
      Without --model it offers to run where enough rows have come, edit rates have drifted or the sunset has passed; \
      with --model it runs at once. \
      Ctrl-C finishes the step and stops; the old adapter stays in use, and ghost refit goes on from there.

      Exit codes: 0 done or nothing to do, 1 failed, 2 could not start, 3 no adapter is worth keeping, 130 stopped.
      """)

  @OptionGroup var options: DeskOptions

  @Option(
    name: .long, help: "A new base, on which to train; the one that drafts are written with unless told.")
  var model: String?

  @Flag(name: .long, help: "Train without asking, also where nothing asks for it.")
  var yes = false

  @Option(number: "Threads; every processor unless told.")
  var threads: Int?

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func run() throws {
    let desk = options.desk
    if let outcome = try Refit.complete(desk) {
      GhostCommand.report("completed the refit that was interrupted")
      return try finish(outcome)
    }
    let plan = try RefitPlan(desk, model: model, threads: threads)
    for line in plan.lines { GhostCommand.report(line) }
    guard isWanted(plan) else {
      if json { try GhostCommand.printResult(try JSONWriter.string(of: plan.json, layout: .pretty)) }
      return
    }
    let stop = StopRequest()
    let interrupts = Interrupts(stop) {
      GhostCommand.report("finishing the step, then stopping; once more ends the program at once")
    }
    defer { withExtendedLifetime(interrupts) {} }
    var progress = TrainingProgress(isLive: false, settings: plan.options)
    let clock = ContinuousClock()
    let began = clock.now
    var hasBegun = false
    let outcome: RefitOutcome?
    do {
      outcome = try Refit(desk, plan).start(stop: stop) { event in
        switch event {
        case .resuming: GhostCommand.report("going on with the refit that was interrupted")
        case .startingAfresh:
          GhostCommand.report("rows, base or recipe changed since the last try; starting afresh")
        case .comparing: GhostCommand.report("comparing old adapter, prompted base and new adapter")
        case .training(let event):
          if case .step = event { hasBegun = true }
          let seconds = (clock.now - began) / .seconds(1)
          for case .line(let line) in progress.outputs(for: event, at: seconds, width: 80) {
            GhostCommand.report(line)
          }
        }
      }
    } catch {
      guard hasBegun else { throw error }
      GhostCommand.report(error: "\(error)")
      throw ExitCode(1)
    }
    guard let outcome else {
      GhostCommand.report("stopped; \(plan.adapter.path) stays in use. Go on with the same command.")
      throw ExitCode(130)
    }
    try finish(outcome)
  }

  /// Whether to train: told so, or asked where someone can answer.
  private func isWanted(_ plan: RefitPlan) -> Bool {
    if yes || model != nil { return true }
    guard !plan.reasons.isEmpty, isatty(STDIN_FILENO) == 1 else {
      GhostCommand.report("nothing was trained; give --yes to do it")
      return false
    }
    StandardStreams.writeError("train again now? [y/N] ")
    return ["y", "yes"].contains((readLine() ?? "").lowercased())
  }

  private func finish(_ outcome: RefitOutcome) throws {
    try GhostCommand.printResult(
      json
        ? try JSONWriter.string(of: outcome.json, layout: .pretty) : outcome.lines.joined(separator: "\n"))
    if outcome.choice == .neither { throw ExitCode(3) }
  }
}
