import Checkpoint
import Files
import Tensor
import TestSupport
import Testing

@Suite("Safetensors writer") struct SafetensorsWriterTests {
  static let tensors: [SafetensorsWriter.Declaration] = [
    .init(name: "w", dtype: .float32, shape: [2, 1]),
    .init(name: "scalar", dtype: .float32, shape: []),
    .init(name: "none", dtype: .float32, shape: [0, 7]),
    .init(name: "b", dtype: .bfloat16, shape: [3]),
    .init(name: "h", dtype: .float16, shape: [1, 2]),
  ]

  /// 1.5, -2, 0.1 as float32; 1, -0.5, infinity as bfloat16; 2^-24 (the smallest denormal) and -65504 as float16.
  static let data: [UInt8] = [
    0x00, 0x00, 0xC0, 0x3F, 0x00, 0x00, 0x00, 0xC0, 0xCD, 0xCC, 0xCC, 0x3D,
    0x80, 0x3F, 0x00, 0xBF, 0x80, 0x7F, 0x01, 0x00, 0xFF, 0xFB,
  ]

  private func write(to path: String) throws {
    var writer = try SafetensorsWriter(
      path: path, tensors: Self.tensors, metadata: ["format": "pt", "a": "é\"\n"])
    // Cut inside a tensor, and across two.
    for piece in [Self.data[..<3], Self.data[3..<15], Self.data[15...]] {
      try Array(piece).withUnsafeBytes { try writer.append($0) }
    }
    try writer.commit()
  }

  private func floats(_ tensor: TensorView) -> [Float] {
    [Float](unsafeUninitializedCapacity: tensor.count) { buffer, count in
      if let base = buffer.baseAddress { tensor.copy(to: base, pool: ThreadPool(threadCount: 1)) }
      count = tensor.count
    }
  }

  @Test("what is written reads back, types, shapes, values and metadata")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    try write(to: folder("file"))
    let file = try SafetensorsFile(path: folder("file"))
    #expect(file.metadata == ["format": "pt", "a": "é\"\n"])
    #expect(file.names.sorted() == ["b", "h", "none", "scalar", "w"])
    for declared in Self.tensors {
      let tensor = try file.tensor(named: declared.name)
      #expect(tensor.dtype == declared.dtype)
      #expect(tensor.shape == declared.shape)
      #expect(tensor.isAligned)
    }
    #expect(floats(try file.tensor(named: "w")) == [1.5, -2])
    #expect(floats(try file.tensor(named: "scalar")) == [0.1])
    #expect(floats(try file.tensor(named: "b")) == [1, -0.5, .infinity])
    #expect(floats(try file.tensor(named: "h")) == [0x1p-24, -65504])
  }

  @Test("the header is laid out as the reference implementation lays it out")
  func layout() throws {
    let folder = try TemporaryFolder()
    try write(to: folder("file"))
    let file = try MappedFile(path: folder("file"))
    let bytes = withExtendedLifetime(file) { [UInt8](file.bytes) }
    let header =
      #"{"__metadata__":{"a":"é\"\n","format":"pt"},"#
      + #""w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"#
      + #""scalar":{"dtype":"F32","shape":[],"data_offsets":[8,12]},"#
      + #""none":{"dtype":"F32","shape":[0,7],"data_offsets":[12,12]},"#
      + #""b":{"dtype":"BF16","shape":[3],"data_offsets":[12,18]},"#
      + #""h":{"dtype":"F16","shape":[1,2],"data_offsets":[18,22]}}"#
    let padded = header.utf8.count + (8 - header.utf8.count % 8) % 8
    #expect(bytes.prefix(8) == withUnsafeBytes(of: UInt64(padded).littleEndian) { [UInt8]($0) }[...])
    #expect(String(decoding: bytes[8..<8 + header.utf8.count], as: UTF8.self) == header)
    #expect(bytes[(8 + header.utf8.count)..<(8 + padded)].allSatisfy { $0 == UInt8(ascii: " ") })
    #expect(bytes[(8 + padded)...] == Self.data[...])
  }

  @Test("a view keeps its file mapped and may be misaligned")
  func lifetime() throws {
    let folder = try TemporaryFolder()
    let header = #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    let view = try {
      try AtomicFile.write(safetensors(header: header + " ", data: 4), to: folder("file"))
      return try SafetensorsFile(path: folder("file")).tensor(named: "x")
    }()
    #expect((8 + header.utf8.count + 1) % 4 != 0)
    #expect(!view.isAligned)
    #expect(floats(view) == [0])
  }

  @Test("a writer that is given up leaves nothing")
  func givenUp() throws {
    let folder = try TemporaryFolder()
    do {
      var writer = try SafetensorsWriter(path: folder("file"), tensors: Self.tensors)
      try [UInt8](repeating: 0, count: 4).withUnsafeBytes { try writer.append($0) }
    }
    #expect(try folder.names == [])
  }
}
