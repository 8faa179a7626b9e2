#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The streams that a program is started with, and that may be closed, full or cut off.
package enum StandardStreams {
  /// Keeps the descriptors of streams that the program was started without from the files that it opens, into which its
  /// texts would go then; what is read and written there still fails, as on a closed stream. A pipe whose reader has
  /// gone fails the same way, where the system's own way is to end the program, in the middle of its work.
  ///
  /// To be called once, before any file is opened.
  package static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    for (descriptor, mode) in [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
    ]
    where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free descriptor, which is this one.
      _ = open("/dev/null", mode)
    }
  }

  /// Writes a result to standard output. A reader that closes its pipe has what it wanted, and the rest is dropped.
  ///
  /// - Throws: `FileError` where it takes no more for another reason.
  package static func writeOutput(_ text: String) throws {
    do {
      try write(text, to: STDOUT_FILENO, name: "standard output")
    } catch  where error.problem == .system(code: EPIPE) {
      return
    }
  }

  /// Writes to standard error. Where that takes no more there is nobody to tell, and the program goes on.
  package static func writeError(_ text: String) {
    try? write(text, to: STDERR_FILENO, name: "standard error")
  }

  private static func write(_ text: String, to descriptor: Int32, name: String) throws(FileError) {
    // A copy, since the owner of a descriptor closes it.
    let output = FileOutput(descriptor: dup(descriptor), path: name)
    try Array(text.utf8).withUnsafeBufferPointer { (bytes) throws(FileError) in
      try output.append(UnsafeRawBufferPointer(bytes))
    }
  }
}
