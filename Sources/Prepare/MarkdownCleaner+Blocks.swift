/// Blocks that are HTML in the source: each starts behind the marks of what it is in.
extension MarkdownCleaner {
  /// Starts an item of the innermost list in HTML.
  mutating func startItem() {
    startBlock(1, depth: lists.count - 1)
    if case let number?? = lists.last {
      lists[lists.count - 1] = number + 1
      output += "\(number + 1). ".utf8
    } else {
      output += "- ".utf8
    }
  }

  /// Puts the mark of a quotation before every line of the innermost one.
  mutating func closeQuotation() {
    let (start, marks) = quotations.removeLast()
    let text = Self.tidied(Array(output[start...]))
    output.removeLast(output.count - start)
    let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where !text.isEmpty {
      let indent = index == 0 ? 0 : line.prefix(marks.count).prefix { $0 == 0x20 }.count
      output += (index == 0 ? [] : [0x0A] + marks) + "> ".utf8
      output += line.dropFirst(indent)
    }
    // The quotation is whole: what comes has no part in its marks.
    output += [0x0A, 0x0A]
  }

  /// Writes a block of lines in the place of what stands before `end`, each behind the marks of the item or
  /// quotation it is in.
  mutating func writeBlock(_ text: String, to end: Int) {
    startBlock(2)
    let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    output += lines.joined(separator: [0x0A] + lineMarks)
    position = end
    startBlock(2)
  }

  /// What further lines start with where the last line of the output has nothing but marks so far.
  var lineMarks: [UInt8] { output[outputLineStart...].map { $0 == UInt8(ascii: ">") ? $0 : 0x20 } }

  /// Where the last line of the output starts, behind what is outside of the innermost quotation.
  var outputLineStart: Int {
    let base = quotations.last?.start ?? 0
    return output[base...].lastIndex(of: 0x0A).map { $0 + 1 } ?? base
  }

  /// Sees to so many ends of lines before what comes; a line of marks alone, `- ` or `> `, goes on.
  ///
  /// - Parameter depth: in how many items in HTML what comes stands; nil for all that are open.
  mutating func startBlock(_ breaks: Int, depth: Int? = nil) {
    let base = quotations.last?.start ?? 0
    while output.count > base, output.last == 0x20 || output.last == 0x09 { output.removeLast() }
    let line = Array(output[outputLineStart...])
    let isQuoted = line.first { !" \t".utf8.contains($0) } == UInt8(ascii: ">")
    var isIndented = false
    if !line.isEmpty, Self.isMark(line.drop { " \t>".utf8.contains($0) }) {
      output.append(0x20)
    } else if isQuoted {
      // What comes on the next line has marks of its own.
      guard !bytes[position..<lineEnd].allSatisfy(\.isASCIISpace) else { return }
      let marks = Self.furtherMarks(line[...])
      if breaks > 1 { output += [0x0A] + marks }
      output += [0x0A] + marks
    } else if output.count > base {
      let present = output[base...].reversed().prefix { $0 == 0x0A }.count
      output += Array(repeating: 0x0A, count: max(0, breaks - present))
      isIndented = true
    }
    let end = isQuoted ? lineEnd : nextCode
    while position < end, bytes[position].isASCIISpace { position += 1 }
    // Code has its indentation still to come.
    if isIndented, position < nextCode { indent(depth ?? lists.count) }
    blockStart = position
  }

  /// Indents a line as the items ask that what comes stands in: an item as its own line is, all else to their text.
  private mutating func indent(_ depth: Int) {
    let space = bytes[line.range.lowerBound..<position]
    if line.startsItem, space.allSatisfy(\.isASCIISpace) {
      output += space
    } else {
      // Three columns are within an item in HTML of either kind.
      output += Array(repeating: 0x20, count: line.indent + 3 * min(max(depth, 0), 32))
    }
  }

  /// What starts the line below one that starts with the marks of quotations and items.
  private static func furtherMarks(_ line: ArraySlice<UInt8>) -> [UInt8] {
    var marks: [UInt8] = []
    var rest = line
    while true {
      let space = rest.prefix { " \t>".utf8.contains($0) }
      marks += space
      rest = rest[space.endIndex...]
      let mark = rest.prefix { !$0.isASCIISpace }
      guard let first = mark.first, first != UInt8(ascii: "#"), isMark(mark), !MarkdownLines.isRule(rest)
      else {
        return marks
      }
      marks += Array(repeating: 0x20, count: mark.count)
      rest = rest[mark.endIndex...]
    }
  }

  /// Whether a line behind the marks of its quotations is nothing, or the mark of an item or heading alone.
  private static func isMark(_ line: ArraySlice<UInt8>) -> Bool {
    guard let last = line.last else { return true }
    if last == UInt8(ascii: "#") { return line.allSatisfy { $0 == last } }
    if line.count == 1 { return "-+*:".utf8.contains(last) }
    return (last == UInt8(ascii: ".") || last == UInt8(ascii: ")"))
      && line.dropLast().allSatisfy(\.isASCIIDigit)
  }
}
