import Foundation
import Train

/// The area under the curve of each metric, writer and size of a chunk.
func printSeparation(_ writers: [Writer]) {
  let sizes = [300, 600, 1500]
  print("Area under the curve at chunks of \(sizes.map(String.init).joined(separator: " / ")) words:\n")
  print("| metric | \(writers.map(\.name).joined(separator: " | ")) |")
  print("|---|\(String(repeating: "---|", count: writers.count))")
  let judged = writers.indices.map { writer in
    sizes.map { words in
      VoiceSeparation(
        writer: writers[writer].posts,
        others: writers.indices.filter { $0 != writer }.map { writers[$0].posts }, words: words)
    }
  }
  for metric in VoiceMetric.allCases {
    let cells = judged.map { sizes in
      sizes.map { separation in
        let area = separation?.areas[metric]
        return (area ?? 0) < VoiceSeparation.leastArea ? "(\(text(area)))" : text(area)
      }.joined(separator: " / ")
    }
    print("| \(metric.name) | \(cells.joined(separator: " | ")) |")
  }
}

/// Where texts whose place is known lie on the scale of the voice score.
func printScale(_ writers: [Writer]) {
  print("\nVoice scores of 15 texts each, 0 for those of another writer who stands in for the base:\n")
  print("| writer, other | held-out posts | half of them the other's | a third writer's |\n|---|---|---|---|")
  for (writer, own) in writers.enumerated() {
    let (training, heldOut) = own.split
    let others = writers.indices.filter { $0 != writer }
    let panel = VoicePanel(writer: training, against: .writers(others.map { writers[$0].posts }), seed: 1)
    for other in others {
      let far = writers[other].split.heldOut.prefix(15).map { [$0] }
      let near = heldOut.prefix(15).map { [$0] }
      let mixed = zip(near, far).enumerated().map {
        $0.offset.isMultiple(of: 2) ? $0.element.0 : $0.element.1
      }
      let third = others.first { $0 != other }.map { writers[$0].split.heldOut.prefix(15).map { [$0] } }
      let systems = [near, mixed] + (third.map { [$0] } ?? [])
      let scores = VoiceComparison(panel, base: far, systems: systems).scores
      let cells = scores.map { text($0.median, 2) } + (third == nil ? ["–"] : [])
      print("| \(own.name), \(writers[other].name) | \(cells.joined(separator: " | ")) |")
    }
  }
}

/// The gauge of one short text: the area under its curve, and where the writers' passages lie.
func printGauge(_ writers: [Writer]) {
  print("\nThe gauge of one text, with nothing but the writer's training side to go by:\n")
  print("| words, writer | area under the curve | own median | own 95 % | others' median |")
  print("|---|---|---|---|---|")
  for words in [100, 200, 300, 600] {
    for (index, writer) in writers.enumerated() {
      guard let gauge = VoiceGauge(writer.split.training) else { continue }
      let own = passages(writer.split.heldOut, words: words).compactMap(gauge.distance)
      let others = writers.indices.filter { $0 != index }
        .flatMap { passages(writers[$0].posts, words: words) }.compactMap(gauge.distance)
      print(
        "| \(words), \(writer.name) | \(text(areaUnderCurve(near: own, far: others))) | "
          + "\(text(percentile(50, own), 2)) | \(text(percentile(95, own), 2)) | \(text(percentile(50, others), 2)) |"
      )
    }
  }
}

/// How many held-out posts are flagged as they are, and with a run of 40 words of the training side planted.
func printCopying(_ writers: [Writer]) {
  print("\nCopying, with the limit from every other held-out post and tried on the rest:\n")
  print(
    "| writer | limit: run, containment | longest held-out run | flagged as held out | flagged with 40 words |"
  )
  print("|---|---|---|---|---|")
  for writer in writers {
    let (training, heldOut) = writer.split
    let index = CopyingIndex(training)
    let known = heldOut.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    let tried = heldOut.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    let limit = CopyingLimit(heldOut: known, index: index)
    let found = tried.map(index.copying)
    let planted = tried.enumerated().map { number, post in
      let source = training[number % training.count].split(whereSeparator: \.isWhitespace)
      return index.copying(in: post + " " + source.dropFirst(50).prefix(40).joined(separator: " "))
    }
    let longest = found.max { $0.longestRun.count < $1.longestRun.count }?.longestRun ?? []
    print(
      "| \(writer.name) | \(limit.run), \(text(limit.containment)) | \(longest.count) | "
        + "\(found.count(where: limit.flags)) of \(found.count) | "
        + "\(planted.count(where: limit.flags)) of \(planted.count) |")
  }
}

/// What the text metrics of an evaluation cost: 15 pieces, three drafts each by a base and three systems.
func printTimes(_ writers: [Writer]) {
  let largest = writers.indices.max { writers[$0].posts.count < writers[$1].posts.count } ?? 0
  let others = writers.indices.filter { $0 != largest }.map { writers[$0].posts }
  let (training, heldOut) = writers[largest].split
  let drafts = passages(others.flatMap(\.self), words: 600)
  func system(_ number: Int) -> [[String]] {
    (0..<15).map { piece in (0..<3).map { drafts[(number * 45 + piece * 3 + $0) % drafts.count] } }
  }
  print("\nProcessor seconds for \(training.count) posts, the median of five:\n")
  print("| what | s |\n|---|---|")
  func time(_ name: String, _ body: () -> Void) -> Double {
    // Of one thread, and not by the clock on the wall: others may be using the machine.
    let seconds = (0..<5).map { _ in
      let start = clock()
      body()
      return Double(clock() - start) / Double(CLOCKS_PER_SEC)
    }.sorted()[2]
    print("| \(name) | \(text(seconds)) |")
    return seconds
  }
  var panel = VoicePanel(writer: training, against: .writers(others), seed: 1)
  var comparison = VoiceComparison(panel, base: system(0), systems: (1...3).map(system))
  var index = CopyingIndex(training)
  var flagged = 0
  var moved = 0.0
  let total =
    time("the panel, with what others wrote") {
      panel = VoicePanel(writer: training, against: .writers(others), seed: 1)
    }
    + time("180 drafts counted and compared") {
      comparison = VoiceComparison(panel, base: system(0), systems: (1...3).map(system))
    }
    + time("2,000 draws of the 15 pieces") {
      for draw in 0..<2000 {
        let scores = comparison.scores(drawing: (0..<15).map { ($0 * 7 + draw) * ($0 + draw) % 15 })
        moved += scores[0].median ?? 0
      }
    }
    + time("the index of copying") { index = CopyingIndex(training) }
    + time("the limit, and 180 drafts checked") {
      let limit = CopyingLimit(heldOut: heldOut, index: index)
      flagged += (0..<4).flatMap(system).joined().count { limit.flags(index.copying(in: $0)) }
    }
  print("| all of it | \(text(total)) |")
  // What was computed is used, so that none of it is left out.
  precondition(flagged >= 0 && moved.isFinite)
}
