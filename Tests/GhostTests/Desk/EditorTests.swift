import Foundation
import TestSupport
import Testing

@testable import Ghost

@Suite("The editor") struct EditorTests {
  @Test(
    "VISUAL is asked before EDITOR, and where neither names one the usual editors are looked for, in order")
  func command() throws {
    let folder = try TemporaryFolder()
    let path = "/nowhere:\(folder("a")):\(folder("b"))"
    func command(_ variables: [String: String]) -> String? {
      Editor.command(in: variables.merging(["PATH": path]) { $1 })
    }
    #expect(command(["VISUAL": "code -w", "EDITOR": "ed"]) == "code -w")
    #expect(command(["VISUAL": " ", "EDITOR": "ed"]) == "ed")
    #expect(command(["EDITOR": ""]) == nil && Editor.command(in: [:]) == nil)
    for (file, expected) in [("a/vi", "vi"), ("b/nano", "nano"), ("b/editor", "editor")] {
      try folder.put("", as: file)
      let before = command([:])
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder(file))
      #expect(before != expected && command([:]) == expected)
    }
  }
}
