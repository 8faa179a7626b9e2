import Foundation
import TestSupport

@testable import Train

/// Texts to try the measures of voice on.
enum VoiceTexts {
  /// The archive that comes with the package.
  static let archivePath = URL(fileURLWithPath: Fixtures.path).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("data/archive.jsonl").path

  /// Its posts.
  static func archive() throws -> [String] {
    try Archive(paths: [archivePath]).rows.compactMap {
      if case .post(_, _, let text) = $0.content { text } else { nil }
    }
  }

  /// The posts as someone would write them who joins sentences and paragraphs, contracts nothing and says "upon".
  static func formal(_ posts: [String]) -> [String] {
    posts.map { post in
      [("\n\n", " "), (". ", "; "), ("n't", " not"), (" on ", " upon "), (" the ", " that ")].reduce(post) {
        $0.replacingOccurrences(of: $1.0, with: $1.1)
      }
    }
  }
}
