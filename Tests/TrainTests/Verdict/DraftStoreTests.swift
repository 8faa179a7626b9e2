import Files
import Foundation
import TestSupport
import Testing

@testable import Train

@Suite("The drafts of a judgement under way") struct DraftStoreTests {
  private static let judgement = Fingerprint(of: Array("a judgement".utf8))
  private static let draft = SystemDraft(
    text: String(repeating: "A lamp. ", count: 200), latencyMilliseconds: 2, cost: nil, endedByItself: true)

  private static func key(_ sample: Int) -> DraftStore.Key {
    DraftStore.Key(piece: "lamp", system: "base", sample: sample)
  }

  @Test("What was kept is there again, and is added to; one judgement at a time has the folder")
  func reopened() throws {
    let folder = try TemporaryFolder()
    for sample in 0..<3 {
      let store = try DraftStore(folder.path, Self.judgement)
      #expect((0..<3).map { store[Self.key($0)] != nil } == (0..<3).map { $0 < sample })
      _ = try store.add(Self.draft, for: Self.key(sample))
      let busy = #expect(throws: FolderBusy.self) { _ = try DraftStore(folder.path, Self.judgement) }
      #expect(busy?.folder == folder.path)
      withExtendedLifetime(store) {}
    }
    #expect(try folder.names == [DraftStore.name])
  }

  // The size limit of a process stands for a disk that is full.
  @Test("A draft that the disk does not take is an error that names the file")
  func full() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let store = try DraftStore(folder.path, Self.judgement)
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 1000, rlim_max: 1000)
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      #expect(
        throws: FileError(path: folder(DraftStore.name), operation: .write, problem: .tooLarge)
      ) { try store.add(Self.draft, for: Self.key(0)) }
    }
  }
}
