import Files

/// The posts of an export of the Ghost publishing system: JSON with posts, tags and their pairs.
enum GhostExport {
  /// The pieces in the export.
  ///
  /// - Throws: ``SourceProblem`` where it is no such export; `JSONParseError` where it is no JSON.
  static func pieces(_ bytes: UnsafeRawBufferPointer, file: String) throws -> [SourcePiece] {
    let root = try JSONParser.parse(bytes, file: file)
    let data = root["db"]?.arrayValue?.first?["data"] ?? root["data"]
    guard let data, let posts = data["posts"]?.arrayValue else {
      throw SourceProblem(
        file: file, line: 1,
        problem: .unknownExport(
          found: "JSON without posts", expected: "an export of Ghost, \"db\" with \"posts\""))
    }
    var tagNames: [String: String] = [:]
    for tag in data["tags"]?.arrayValue ?? [] { tagNames[name(tag["id"])] = tag["name"]?.stringValue }
    var firstTag: [String: String] = [:]
    for pair in data["posts_tags"]?.arrayValue ?? [] where (pair["sort_order"]?.intValue ?? 0) == 0 {
      firstTag[name(pair["post_id"])] = tagNames[name(pair["tag_id"])]
    }
    return posts.map { post in
      let html = post["html"]?.stringValue
      return SourcePiece(
        id: "ghost:\(name(post["uuid"] ?? post["id"]))", file: file, line: 1,
        title: post["title"]?.stringValue,
        date: post["published_at"]?.stringValue,
        kind: post["type"]?.stringValue == "page" ? "page" : firstTag[name(post["id"])],
        excerpt: post["custom_excerpt"]?.stringValue?.withLineFeeds,
        isDraft: (post["status"]?.stringValue ?? "published") != "published",
        format: html == nil ? .plain : .html,
        body: (html ?? post["plaintext"]?.stringValue ?? "").withLineFeeds)
    }
  }

  private static func name(_ value: JSONValue?) -> String {
    value?.stringValue ?? value?.intValue.map(String.init) ?? "?"
  }
}
