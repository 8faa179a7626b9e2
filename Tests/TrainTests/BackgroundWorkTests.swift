import Foundation
import Testing

@testable import Train

@Suite("Background work")
struct BackgroundWorkTests {
  private struct Failure: Error, Equatable {}

  @Test("The result is waited for, and given as often as it is asked for")
  func result() throws {
    // Long enough that whoever does not wait finds nothing.
    let work = BackgroundWork {
      Thread.sleep(forTimeInterval: 0.05)
      return 7
    }
    #expect(try work.value() == 7)
    #expect(try work.value() == 7)
  }

  @Test("An error comes where the result is asked for")
  func failure() {
    let work = BackgroundWork<Int> { throw Failure() }
    #expect(throws: Failure()) { try work.value() }
  }
}
