// What the voice panel tells apart, what the copying check flags, and what both cost, on archives of real writers, one
// a file.
//
//     swift run --package-path Benchmarks -c release VoiceBenchmarks chesterton.jsonl furrow.jsonl johnson.jsonl
//
// Each writer is judged against all others. Tables are Markdown, as QUALITY.md keeps them.

import Foundation
import Train

guard CommandLine.arguments.count > 2 else {
  FileHandle.standardError.write(Data("usage: VoiceBenchmarks ARCHIVE ARCHIVE…: one writer a file\n".utf8))
  exit(2)
}
let writers = try CommandLine.arguments.dropFirst().map { try Writer(path: $0) }

printSeparation(writers)
printScale(writers)
printGauge(writers)
printCopying(writers)
printTimes(writers)
