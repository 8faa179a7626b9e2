import ArgumentParser
import Files
import Foundation
import Ghost

struct EditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Open a draft in the editor that VISUAL or EDITOR names.")

  @OptionGroup var name: DraftName
  @OptionGroup var options: DeskOptions

  func run() throws {
    let path = options.desk.draftPath(try options.desk.draft(named: name.id))
    _ = try MappedFile(path: path)
    let environment = ProcessInfo.processInfo.environment
    guard
      let editor = [environment["VISUAL"], environment["EDITOR"]].compactMap({ $0 }).first(where: {
        !$0.isEmpty
      })
    else { throw DeskError.noEditor }
    // The editor takes this process's place, and with it the terminal; the shell lets it have options of its own.
    let arguments = ["sh", "-c", "exec \(editor) \"$1\"", "ghost", path]
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    pointers.append(nil)
    execv("/bin/sh", pointers)
    throw FileError(path: "/bin/sh", operation: .read, problem: .system(code: errno))
  }
}
