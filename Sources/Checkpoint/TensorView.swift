import Files
import Foundation
import Tensor

/// One tensor of a mapped file: nothing is copied, and the file stays mapped as long as the view lives.
public struct TensorView: Sendable {
  /// The tensor's name.
  public let name: String
  /// The type of the elements.
  public let dtype: DType
  /// The sizes of the dimensions, outermost first; empty for a scalar.
  public let shape: [Int]

  private let file: MappedFile
  private let byteRange: Range<Int>

  init(_ record: TensorRecord, dtype: DType, file: MappedFile) {
    name = record.name
    self.dtype = dtype
    shape = record.shape
    byteRange = record.byteRange
    self.file = file
  }

  /// The elements, row-major and little-endian. Valid as long as this view or its file lives.
  ///
  /// The format does not promise an alignment, though most writers give one: see ``isAligned``.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: file.bytes[byteRange]) }

  /// The number of elements.
  public var count: Int { byteRange.count / dtype.byteCount }

  /// Whether the elements lie at multiples of their size, so that a typed pointer may read them.
  public var isAligned: Bool {
    UInt(bitPattern: bytes.baseAddress) % UInt(dtype.byteCount) == 0
  }

  /// Writes the elements as float32, exactly, to `destination`, which has room for ``count`` of them.
  public func copy(to destination: UnsafeMutablePointer<Float>, pool: ThreadPool) {
    guard let base = bytes.baseAddress else { return }
    // A checkpoint is little-endian, as is every processor that we run on.
    withExtendedLifetime(file) {
      Conversion.widen(from: base, dtype: dtype, into: destination, count: count, pool: pool)
    }
  }

  /// Whether `other` has the same type, shape and bytes. Lets go of this tensor's memory as it goes.
  public func holdsSame(as other: TensorView) -> Bool {
    guard dtype == other.dtype, shape == other.shape else { return false }
    let (mine, theirs) = (bytes, other.bytes)
    let step = 1 << 24
    for start in stride(from: 0, to: mine.count, by: step) {
      let range = start..<min(start + step, mine.count)
      let part = UnsafeRawBufferPointer(rebasing: mine[range])
      defer { file.release(part) }
      guard let a = part.baseAddress, let b = UnsafeRawBufferPointer(rebasing: theirs[range]).baseAddress,
        memcmp(a, b, range.count) == 0
      else { return false }
    }
    return true
  }

  /// Lets go of the memory of elements that have been copied: see ``MappedFile/release(_:)``.
  public func release() { file.release(bytes) }
}
