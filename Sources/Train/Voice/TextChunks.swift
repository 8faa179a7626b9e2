/// Texts cut to pieces of like size.
enum TextChunks {
  /// The texts in their order, joined and cut at ends of paragraphs, each piece as short as it can be with at least
  /// `words` words (by white space). What is left at the end is dropped, unless there is nothing else.
  static func cut(_ texts: [String], words: Int) -> [String] {
    var chunks: [String] = []
    var (chunk, length) = ("", 0)
    for paragraph in texts.lazy.flatMap(paragraphs) {
      chunk += chunk.isEmpty ? "" : "\n\n"
      chunk += paragraph.text
      length += paragraph.words
      guard length >= words else { continue }
      chunks.append(chunk)
      (chunk, length) = ("", 0)
    }
    return chunks.isEmpty && length > 0 ? [chunk] : chunks
  }

  /// At most `count` of the chunks, evenly spread over all of them.
  static func spread(_ chunks: [String], count: Int) -> [String] {
    chunks.count <= count ? chunks : (0..<count).map { chunks[$0 * chunks.count / count] }
  }

  /// The paragraphs of a text with their numbers of words.
  private static func paragraphs(_ text: String) -> [(text: Substring, words: Int)] {
    var paragraphs: [(text: Substring, words: Int)] = []
    let bytes = text.utf8
    var (start, end) = (bytes.startIndex, bytes.startIndex)
    var (words, newlines, isInWord) = (0, 0, false)
    for index in bytes.indices {
      switch bytes[index] {
      case 0x0A, 0x20, 0x09, 0x0D:
        isInWord = false
        if bytes[index] == 0x0A { newlines += 1 }
      default:
        if newlines >= 2, words > 0 {
          paragraphs.append((text[start..<end], words))
          (start, words) = (index, 0)
        }
        if !isInWord { words += 1 }
        (newlines, isInWord) = (0, true)
        end = bytes.index(after: index)
      }
    }
    if words > 0 { paragraphs.append((text[start..<end], words)) }
    return paragraphs
  }
}
