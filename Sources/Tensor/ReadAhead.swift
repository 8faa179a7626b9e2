import CKernels

/// Memory that threads ask for when they wait, because it is read next.
public struct ReadAhead: @unchecked Sendable {
  let base: UnsafeRawPointer?
  let stride: Int
  let count: Int

  public static let nothing = ReadAhead(base: nil, stride: 0, count: 0)

  struct Part {
    var next: UnsafeRawPointer
    var end: UnsafeRawPointer

    static var nothing: Part { Part(next: UnsafeRawPointer(bitPattern: 64)!, end: UnsafeRawPointer(bitPattern: 64)!) }
    var isEmpty: Bool { next >= end }
    mutating func read() {
      lk_prefetch(next, 512)
      next += 512
    }
  }

  func part(of worker: Int) -> Part {
    guard let base else { return .nothing }
    let first = base + worker * stride
    return Part(next: first, end: first + count)
  }
}
