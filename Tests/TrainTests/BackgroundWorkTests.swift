import Foundation
import Testing

@testable import Train

@Suite("Background work")
struct BackgroundWorkTests {
  private struct Failure: Error, Equatable {}

  @Test("The result is waited for, and given as often as it is asked for")
  func result() throws {
    let mayEnd = DispatchSemaphore(value: 0)
    let work = BackgroundWork {
      mayEnd.wait()
      return 7
    }
    mayEnd.signal()
    #expect(try work.value() == 7)
    #expect(try work.value() == 7)
  }

  @Test("An error comes where the result is asked for")
  func failure() {
    let work = BackgroundWork<Int> { throw Failure() }
    #expect(throws: Failure()) { try work.value() }
  }
}
