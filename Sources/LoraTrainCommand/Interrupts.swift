import Dispatch
import Foundation
import Train

/// Turns the first Ctrl-C or SIGTERM into a request to finish the step; a second one ends the program at once.
final class Interrupts {
  private let sources: [any DispatchSourceSignal]

  init(_ stop: StopRequest) {
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        stop.stop()
        signal(number, SIG_DFL)
        Console.writeError("\nfinishing the step, then stopping; once more ends the program at once\n")
      }
      source.resume()
      return source
    }
  }
}
