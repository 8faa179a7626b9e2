import Testing

@testable import Train

@Suite("Progress in words")
struct TrainingProgressTests {
  static let settings: TrainingOptions = {
    var options = TrainingOptions()
    options.epochs = 4
    return options
  }()

  static func step(_ number: Int, of total: Int = 30, loss: Double = 3) -> FineTuningEvent {
    .step(
      number: number, of: total, epoch: Double(number) / 15, learningRate: 1e-4,
      result: StepResult(loss: loss, gradientNorm: 1, tokens: 900, labels: 700, seconds: 0.5))
  }

  static func evaluated(_ step: Int, isBest: Bool = true) -> FineTuningEvent {
    .evaluated(
      step: step, loss: DocumentLoss(nats: 280, tokens: 100, bytes: 400), isBest: isBest)
  }

  @Test("A pipe gets the first step, one line an interval, every evaluation, and the last step")
  func piped() {
    var progress = TrainingProgress(isLive: false, settings: Self.settings)
    var lines: [TrainingProgress.Output] = []
    func take(_ event: FineTuningEvent, at seconds: Double) {
      lines += progress.outputs(for: event, at: seconds, width: 80)
    }
    take(Self.evaluated(0), at: 0)
    for number in 1...5 {
      take(Self.step(number, loss: Double(number)), at: Double(number))
      if number == 4 { take(Self.evaluated(4), at: 4) }
    }
    take(Self.evaluated(5, isBest: false), at: 5)
    take(Self.step(30, loss: 2), at: 30)
    // Interval 30 / 15 = 2: the mean loss of the last two steps; 900 tokens in half a second; a step a second
    // counted from half a second before the first event.
    #expect(
      lines == [
        .line("step  1 of 30  epoch 0.07  loss 1.000  1,800 tokens/s  0:15 left"),
        .line("step  2 of 30  epoch 0.13  loss 1.500  1,800 tokens/s  0:21 left"),
        .line("step  4 of 30  epoch 0.27  loss 3.500  1,800 tokens/s  0:23 left"),
        .line("step 4: held-out loss 2.800, 1.010 bits per byte, the best so far; saved"),
        .line("step 5: held-out loss 2.800, 1.010 bits per byte; saved"),
        .line("step 30 of 30  epoch 2.00  loss 3.500  1,800 tokens/s  0:00 left"),
      ])
  }

  @Test(
    "The live line keeps what is most wanted where the terminal is narrow",
    arguments: [
      (
        120,
        "━━━━━━━━━━━━────────────  epoch 1.00  step 15/30  loss 3.000  held-out 2.800  1,800 tokens/s  0:08 left"
      ),
      (80, "epoch 1.00  step 15/30  loss 3.000  held-out 2.800  1,800 tokens/s  0:08 left"),
      (60, "━━━━────  step 15/30  loss 3.000  held-out 2.800  0:08 left"),
      (38, "step 15/30  loss 3.000  0:08 left"),
      (23, "step 15/30  loss 3.000"), (22, "━━━━─────  step 15/30"),
      (8, "step 15"),
    ])
  func live(width: Int, line: String) {
    var progress = TrainingProgress(isLive: true, settings: Self.settings)
    _ = progress.outputs(for: Self.evaluated(0), at: 0, width: width)
    let outputs = progress.outputs(for: Self.step(15), at: 1, width: width)
    #expect(outputs == [.live(line)])
    #expect(line.count < width)
  }

  @Test("On a terminal an evaluation shows in the live line alone")
  func liveEvaluation() {
    var progress = TrainingProgress(isLive: true, settings: Self.settings)
    _ = progress.outputs(for: Self.step(1), at: 1, width: 100)
    #expect(progress.outputs(for: Self.evaluated(1), at: 1, width: 100) == [])
    guard case .live(let line)? = progress.outputs(for: Self.step(2), at: 2, width: 100).first else {
      Issue.record("no live line")
      return
    }
    #expect(line.contains("held-out 2.800"))
  }

  @Test("What the machine does between steps is said in the live line, cut to the terminal")
  func working() {
    let baseline = FineTuningEvent.baseline(
      DocumentLoss(nats: 280, tokens: 100, bytes: 400), estimatedSeconds: 75)
    var live = TrainingProgress(isLive: true, settings: Self.settings)
    #expect(
      live.outputs(for: baseline, at: 0, width: 20) == [
        .line("base alone: held-out loss 2.800, 1.010 bits per byte"), .line("estimated time: 1:15"),
        .live("writing a draft wit"),
      ])
    var piped = TrainingProgress(isLive: false, settings: Self.settings)
    #expect(
      piped.outputs(for: .baseline(nil, estimatedSeconds: .nan), at: 0, width: 80) == [])
  }

  @Test("Probes, stops and resumed runs each have their line")
  func others() {
    var progress = TrainingProgress(isLive: false, settings: Self.settings)
    var probing = progress
    var lines: [TrainingProgress.Output] = []
    for (rate, bits) in [(0.0001, 1.5), (0.0003, 1.25), (0.001, 1.75)] {
      lines += probing.outputs(for: .probed(learningRate: rate, bitsPerByte: bits), at: 0, width: 80)
    }
    lines += probing.outputs(for: Self.evaluated(0), at: 0, width: 80)
    #expect(
      lines == [
        .line("learning rate 0.0001: 1.500 held-out bits per byte after its probe"),
        .line("learning rate 0.0003: 1.250 held-out bits per byte after its probe"),
        .line("learning rate 0.001: 1.750 held-out bits per byte after its probe"),
        .line("learning rate 0.0003 it is"),
      ])
    #expect(
      progress.outputs(for: .resumed(step: 7), at: 0, width: 80) == [.line("resumed after step 7")])
    #expect(
      progress.outputs(for: .stopped(step: 9, checkpoint: "a/checkpoint.safetensors"), at: 0, width: 80) == [
        .line("stopped after step 9; a/checkpoint.safetensors holds the run")
      ])
  }

  @Test("More than three epochs warn, unless a number of steps decides")
  func epochs() {
    var options = TrainingOptions()
    options.epochs = 3
    #expect(options.warnings == [])
    options.epochs = 4
    #expect(
      options.warnings == [
        "warning: 4 epochs; 1 to 3 is the normal range, beyond it a model learns its archive by heart. "
          + "The adapter kept is the best by held-out loss."
      ])
    options.maxSteps = 10
    #expect(options.warnings == [])
  }
}

@Suite("Numbers and lines as reports write them")
struct NumberTextTests {
  @Test(
    "Groups of three",
    arguments: [
      (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"),
      (Int.min, "-9,223,372,036,854,775,808"),
    ])
  func grouped(number: Int, text: String) { #expect(NumberText.grouped(number) == text) }

  @Test(
    "Durations",
    arguments: [
      (0, "0:00"), (59.6, "1:00"), (725, "12:05"), (11_220, "3:07:00"), (Double.nan, "–"), (-1, "–"),
      (.infinity, "–"),
    ])
  func duration(seconds: Double, text: String) { #expect(NumberText.duration(seconds) == text) }

  @Test(
    "Signed numbers have a sign of their own, and the minus sign is no hyphen",
    arguments: [(0.1234, "+0.123"), (-0.0236, "−0.024"), (0, "+0.000")])
  func signed(number: Double, text: String) { #expect(NumberText.signed(number, 3) == text) }

  @Test("A rate of nothing measured is a dash")
  func rate() {
    #expect(NumberText.rate(1800, seconds: 1.5) == "1,200")
    #expect(NumberText.rate(1, seconds: 0) == "–" && NumberText.rate(0, seconds: 0) == "–")
  }

  @Test("Lines break between words; a longer word stands alone; line ends stay")
  func wrapped() {
    #expect("a bb ccc dddddddd e".wrapped(width: 5) == ["a bb", "ccc", "dddddddd", "e"])
    #expect("one\n\ntwo".wrapped(width: 80) == ["one", "", "two"])
  }

  @Test("Control characters cannot reach a terminal")
  func controls() {
    #expect("a\u{1B}[2Jb\n\tc\r\u{9B}é".withoutControlCharacters == "a\u{FFFD}[2Jb\n\tc\u{FFFD}\u{FFFD}é")
  }
}
