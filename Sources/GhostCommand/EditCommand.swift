import ArgumentParser
import Files
import Foundation
import Ghost

struct EditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit",
    abstract: "Open a draft in the editor that VISUAL or EDITOR names, else in editor, nano or vi.")

  @OptionGroup var name: DraftName
  @OptionGroup var options: DeskOptions

  func run() throws {
    let path = options.desk.draftPath(try options.desk.draft(named: name.id))
    _ = try MappedFile(path: path)
    guard let editor = Editor.command(in: ProcessInfo.processInfo.environment) else {
      throw DeskError.noEditor(path: path)
    }
    // The editor takes this process's place, and with it the terminal; the shell lets it have options of its own.
    let arguments = ["sh", "-c", "exec \(editor) \"$1\"", "ghost", path]
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    pointers.append(nil)
    // A signal that is ignored stays ignored in the program that comes, which does not expect that of this one.
    signal(SIGPIPE, SIG_DFL)
    execv("/bin/sh", pointers)
    throw FileError(path: "/bin/sh", operation: .read, problem: .system(code: errno))
  }
}
