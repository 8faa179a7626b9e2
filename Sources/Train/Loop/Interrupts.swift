import Dispatch
import Foundation

/// Turns the first Ctrl-C or SIGTERM into a stop request; a second one ends the program at once.
package final class Interrupts {
  private let sources: [any DispatchSourceSignal]

  /// Watches for as long as this object lives.
  ///
  /// - Parameter onRequest: called on the first signal.
  package init(_ stop: StopRequest, onRequest: @escaping @Sendable () -> Void = {}) {
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        stop.stop()
        signal(number, SIG_DFL)
        onRequest()
      }
      source.resume()
      return source
    }
  }
}
