import Files
import Foundation
import Testing

@testable import Ghost

@Suite("Printing a draft") struct DraftPrinterTests {
  @Test("A pipe gets the text as it is, with its last line ended once")
  func pipe() throws {
    let pipe = Pipe()
    let goesOn = write(["a \u{1B}[1m", ""], to: dup(pipe.fileHandleForWriting.fileDescriptor)).goesOn
    try pipe.fileHandleForWriting.close()
    #expect(goesOn == [true, true])
    #expect(pipe.fileHandleForReading.readDataToEndOfFile() == Data("a \u{1B}[1m\n".utf8))
  }

  @Test("A reader that closes its pipe ends the draft without an error")
  func closedPipe() throws {
    signal(SIGPIPE, SIG_IGN)
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let result = write(["a", "b"], to: dup(pipe.fileHandleForWriting.fileDescriptor))
    #expect(result.goesOn == [false, false] && result.failure == nil)
  }

  @Test("A full disk ends it with one", .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func fullDisk() {
    let result = write(["a"], to: open("/dev/full", O_WRONLY))
    #expect(result.goesOn == [false])
    #expect(result.failure == FileError(path: "standard output", operation: .write, problem: .noSpace))
  }

  /// Prints the pieces and ends the line, twice, then closes the descriptor: a reader waits for that.
  private func write(_ pieces: [String], to descriptor: Int32) -> (goesOn: [Bool], failure: FileError?) {
    var printer = DraftPrinter(descriptor: descriptor)
    let goesOn = pieces.map { printer.print($0) }
    printer.endLine()
    printer.endLine()
    return (goesOn, printer.failure)
  }
}
