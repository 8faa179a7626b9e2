import Files
import Tensor

/// Writes a safetensors file piece by piece; nobody sees it before ``commit()``.
///
/// First the tensors are declared, then their elements are appended in the same order. Data starts at a
/// multiple of 8 bytes, and each tensor where the one before it ends: declare wider types first where
/// readers want every tensor aligned.
public struct SafetensorsWriter: ~Copyable {
  /// A tensor that is going to be written.
  public struct Declaration: Equatable, Sendable {
    /// The tensor's name.
    public let name: String
    /// The type of the elements.
    public let dtype: DType
    /// The sizes of the dimensions, outermost first; empty for a scalar.
    public let shape: [Int]

    /// Declares a tensor.
    public init(name: String, dtype: DType, shape: [Int]) {
      precondition(shape.allSatisfy { $0 >= 0 }, "tensor \"\(name)\" of shape \(shape)")
      self.name = name
      self.dtype = dtype
      self.shape = shape
    }

    /// The number of bytes of the tensor's elements.
    public var byteCount: Int { shape.reduce(dtype.byteCount, *) }
  }

  private var file: AtomicFile
  private var remainingBytes: Int

  /// Starts a file at `path` with the given tensors, whose names differ.
  ///
  /// - Parameter metadata: what `__metadata__` is to say, such as `["format": "pt"]`.
  /// - Throws: ``FileError`` where the file cannot be written.
  public init(path: String, tensors: [Declaration], metadata: [String: String] = [:]) throws {
    let header = try Self.header(tensors, metadata: metadata)
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { [UInt8]($0) }
    var file = try AtomicFile(path: path)
    try file.append(length + header)
    self.file = file
    remainingBytes = tensors.reduce(0) { $0 + $1.byteCount }
  }

  /// Appends elements, row-major and little-endian: one tensor, several or part of one.
  ///
  /// - Throws: ``FileError`` where the disk cannot take them.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    precondition(bytes.count <= remainingBytes, "\(bytes.count) bytes where \(remainingBytes) were left")
    try file.append(bytes)
    remainingBytes -= bytes.count
  }

  /// Puts the file in place, once all declared elements have been appended.
  ///
  /// - Throws: ``FileError`` where the disk cannot take it.
  public mutating func commit() throws(FileError) {
    precondition(remainingBytes == 0, "\(remainingBytes) declared bytes were not written")
    try file.commit()
  }

  /// The header as JSON, padded with spaces to a multiple of 8 bytes as the reference implementation pads.
  private static func header(_ tensors: [Declaration], metadata: [String: String]) throws -> [UInt8] {
    var header = JSONObject()
    if !metadata.isEmpty {
      var members = JSONObject()
      for (key, text) in metadata.sorted(by: { $0.key < $1.key }) { members[key] = .string(text) }
      header["__metadata__"] = .object(members)
    }
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.byteCount
      let isNew = header.append(
        tensor.name,
        [
          "dtype": .string(tensor.dtype.safetensorsName),
          "shape": .array(tensor.shape.map { .integer(Int64($0)) }),
          "data_offsets": [.integer(Int64(offset)), .integer(Int64(end))],
        ])
      precondition(isNew, "two tensors named \"\(tensor.name)\"")
      offset = end
    }
    var bytes = try JSONWriter.bytes(of: .object(header))
    while bytes.count % 8 != 0 { bytes.append(UInt8(ascii: " ")) }
    return bytes
  }
}
