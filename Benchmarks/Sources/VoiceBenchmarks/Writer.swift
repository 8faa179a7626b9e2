import Foundation
import Train

/// One writer's archive.
struct Writer {
  let name: String
  let posts: [String]

  init(path: String) throws {
    name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    posts = try Archive(paths: [path]).rows.compactMap { row in
      switch row.content {
      case .post(_, _, let text), .text(let text): text
      default: nil
      }
    }
  }

  /// Every fifth post, and the others.
  var split: (training: [String], heldOut: [String]) {
    let numbered = posts.enumerated()
    return (
      numbered.filter { $0.offset % 5 != 0 }.map(\.element),
      numbered.filter { $0.offset % 5 == 0 }.map(\.element)
    )
  }
}

/// At most 100 passages of whole paragraphs with at least so many words, evenly spread over the texts.
func passages(_ texts: [String], words: Int) -> [String] {
  var passages: [String] = []
  var (passage, length) = ("", 0)
  for paragraph in texts.flatMap({ $0.components(separatedBy: "\n\n") }) {
    passage += (passage.isEmpty ? "" : "\n\n") + paragraph
    length += paragraph.split(whereSeparator: \.isWhitespace).count
    guard length >= words else { continue }
    passages.append(passage)
    (passage, length) = ("", 0)
  }
  return (0..<min(100, passages.count)).map { passages[$0 * passages.count / min(100, passages.count)] }
}

/// How often a near one is below a far one, ties counting half.
func areaUnderCurve(near: [Double], far: [Double]) -> Double {
  let wins = near.reduce(0.0) { sum, value in
    sum + far.reduce(0.0) { $0 + (value < $1 ? 1 : value == $1 ? 0.5 : 0) }
  }
  return wins / Double(near.count * far.count)
}

func percentile(_ percent: Int, _ values: [Double]) -> Double {
  values.sorted()[(values.count - 1) * percent / 100]
}

func text(_ value: Double?, _ places: Int = 3) -> String {
  value.map { String(format: "%.\(places)f", $0) } ?? "–"
}
