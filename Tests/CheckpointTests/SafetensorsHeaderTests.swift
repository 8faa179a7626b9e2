import Checkpoint
import Files
import TestSupport
import Testing

/// The bytes of a safetensors file with any header and data, fitting or not.
func safetensors(header: String, data: Int, claimedLength: UInt64? = nil) -> [UInt8] {
  let length = claimedLength ?? UInt64(header.utf8.count)
  return withUnsafeBytes(of: length.littleEndian) { [UInt8]($0) } + header.utf8
    + [UInt8](repeating: 0, count: data)
}

@Suite("Safetensors header") struct SafetensorsHeaderTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let error: String

    init(_ name: String, _ bytes: [UInt8], _ error: String) {
      testDescription = name
      self.bytes = bytes
      self.error = error
    }

    /// A file with one tensor "x" of the given entry.
    init(_ name: String, entry: String, data: Int, _ error: String) {
      self.init(name, safetensors(header: #"{"x":\#(entry)}"#, data: data), error)
    }
  }

  static let damaged = "The file is damaged or of another kind: fetch or write it again."

  static let damagedFiles: [Case] = [
    Case(
      "no bytes", [],
      "found 0 bytes; expected a safetensors file, which starts with 8 bytes of header length. \(damaged)"),
    Case(
      "seven bytes", [1, 0, 0, 0, 0, 0, 0],
      "found 7 bytes; expected a safetensors file, which starts with 8 bytes of header length. \(damaged)"),
    Case(
      "a header length of 2^63", safetensors(header: "{}", data: 0, claimedLength: 1 << 63),
      "found a header length of 9223372036854775808 bytes; expected at most 2. \(damaged)"),
    Case(
      "the greatest header length", safetensors(header: "{}", data: 0, claimedLength: .max),
      "found a header length of 18446744073709551615 bytes; expected at most 2. \(damaged)"),
    Case(
      "the greatest signed header length",
      safetensors(header: "{}", data: 0, claimedLength: UInt64(Int64.max)),
      "found a header length of 9223372036854775807 bytes; expected at most 2. \(damaged)"),
    Case(
      "a header cut short", Array(safetensors(header: #"{"x":{}}"#, data: 0).dropLast()),
      "found a header length of 8 bytes; expected at most 7. \(damaged)"),
    Case(
      "an empty header", safetensors(header: "", data: 4),
      "header, line 1, column 1: found the end of the text; expected a value. \(damaged)"),
    Case(
      "a header that is not JSON", safetensors(header: #"{"x":oops}"#, data: 0),
      "header, line 1, column 6: found \"oops\"; expected a value. \(damaged)"),
    Case(
      "two tensors of one name", safetensors(header: #"{"x":1,"x":2}"#, data: 0),
      "header, line 1, column 8: found the key \"x\" for the second time; expected each key once. \(damaged)"),
    Case(
      "a list as header", safetensors(header: "[]", data: 0),
      "found a list as the header; expected an object of tensors. \(damaged)"),
    Case(
      "metadata of another kind", safetensors(header: #"{"__metadata__":"pt"}"#, data: 0),
      "found a string in \"__metadata__\"; expected an object of strings. \(damaged)"),
    Case(
      "metadata with a number", safetensors(header: #"{"__metadata__":{"epoch":1}}"#, data: 0),
      "found a number in \"__metadata__\"; expected an object of strings. \(damaged)"),
    Case(
      "an entry that is no object", entry: "[]", data: 0,
      "tensor \"x\": found a list as its entry; expected an object. \(damaged)"),
    Case(
      "no dtype", entry: #"{"shape":[1],"data_offsets":[0,4]}"#, data: 4,
      "tensor \"x\": found nothing as dtype; expected a string. \(damaged)"),
    Case(
      "a negative size", entry: #"{"dtype":"F32","shape":[2,-1],"data_offsets":[0,4]}"#, data: 4,
      "tensor \"x\": found [2,-1] as shape; expected a list of whole numbers from 0. \(damaged)"),
    Case(
      "a broken size", entry: #"{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}"#, data: 4,
      "tensor \"x\": found [1.5] as shape; expected a list of whole numbers from 0. \(damaged)"),
    Case(
      "offsets backwards", entry: #"{"dtype":"F32","shape":[1],"data_offsets":[4,0]}"#, data: 4,
      "tensor \"x\": found [4,0] as data_offsets; expected two whole numbers, begin and end. \(damaged)"),
    Case(
      "three offsets", entry: #"{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}"#, data: 4,
      "tensor \"x\": found [0,4,8] as data_offsets; expected two whole numbers, begin and end. \(damaged)"),
    Case(
      "an offset that overflows with the header",
      entry: #"{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775807]}"#, data: 4,
      "tensor \"x\": found [0,9223372036854775807] as data_offsets; "
        + "expected two whole numbers, begin and end. \(damaged)"),
    Case(
      "a shape that overflows",
      entry: #"{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}"#, data: 4,
      "tensor \"x\": found shape [4294967296, 4294967296]; expected fewer than 2^63 bytes. \(damaged)"),
    Case(
      "a shape that overflows, of a type that is not known",
      entry: #"{"dtype":"Q1","shape":[4611686018427387904,4],"data_offsets":[0,0]}"#, data: 0,
      "tensor \"x\": found shape [4611686018427387904, 4]; expected fewer than 2^63 bytes. \(damaged)"),
    Case(
      "less than a bit for each element of a type that is not known",
      entry: #"{"dtype":"Q1","shape":[4611686018427387904],"data_offsets":[0,8]}"#, data: 8,
      "tensor \"x\": found 8 bytes of data; expected 576460752303423488 for Q1 [4611686018427387904]. \(damaged)"
    ),
    Case(
      "too few bytes for the shape", entry: #"{"dtype":"BF16","shape":[2,3],"data_offsets":[0,10]}"#,
      data: 10,
      "tensor \"x\": found 10 bytes of data; expected 12 for BF16 [2, 3]. \(damaged)"),
    Case(
      "bytes for an empty shape", entry: #"{"dtype":"F32","shape":[0,3],"data_offsets":[0,4]}"#, data: 4,
      "tensor \"x\": found 4 bytes of data; expected 0 for F32 [0, 3]. \(damaged)"),
    Case(
      "data cut short", entry: #"{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#, data: 7,
      "found 7 bytes of tensor data; expected 8, as the header says. \(damaged)"),
    Case(
      "data left over", entry: #"{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#, data: 9,
      "found 9 bytes of tensor data; expected 8, as the header says. \(damaged)"),
    Case(
      "a hole at the start", entry: #"{"dtype":"F32","shape":[1],"data_offsets":[4,8]}"#, data: 8,
      "tensor \"x\": found its data at offset 4; expected 0, where the data starts. \(damaged)"),
    Case(
      "an overlap",
      safetensors(
        header: #"{"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},"#
          + #""a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, data: 12),
      "tensor \"b\": found its data at offset 4; expected 8, where \"a\" ends. \(damaged)"),
    Case(
      "one name in two Unicode spellings",
      safetensors(
        header: "{\"\u{E9}\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},"
          + "\"e\u{301}\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", data: 4),
      "tensor \"e\u{301}\": found the name for the second time in another Unicode spelling; "
        + "expected each name once. \(damaged)"),
    Case(
      "several misfits",
      safetensors(
        header: #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
          + #""b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"#
          + #""c":{"dtype":"F32","shape":[1],"data_offsets":[16,20]}}"#, data: 20),
      """
      found 2 misfits in the header of 3 tensors; expected none. \(damaged)
        tensor "b": found its data at offset 8; expected 4, where "a" ends
        tensor "c": found its data at offset 16; expected 12, where "b" ends
      """),
  ]

  @Test("is refused whole when anything in it does not fit", arguments: damagedFiles)
  func refused(example: Case) throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write(example.bytes, to: folder("file"))
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: folder("file")) }
    #expect(error?.description == "\(folder("file")): \(example.error)")
  }

  @Test("many misfits are counted and the first ones shown")
  func manyMisfits() throws {
    let folder = try TemporaryFolder()
    let entries = (0..<20).map { #""t\#($0)":7"# }.joined(separator: ",")
    try AtomicFile.write(safetensors(header: "{\(entries)}", data: 0), to: folder("file"))
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: folder("file")) }
    let lines = error?.description.split(separator: "\n") ?? []
    #expect(lines.count == 10)
    #expect(lines.first?.contains("found 20 misfits in the header of 20 tensors") == true)
    #expect(lines.dropFirst().first == "  tensor \"t0\": found a number as its entry; expected an object")
    #expect(lines.last == "  and 12 more")
  }

  @Test("every strict prefix of a file is refused without a trap")
  func prefixes() throws {
    let folder = try TemporaryFolder()
    let file = safetensors(
      header: #"{"__metadata__":{"a":"b"},"x":{"dtype":"F16","shape":[3],"data_offsets":[0,6]}}"#, data: 6)
    for count in 0..<file.count {
      try AtomicFile.write(Array(file.prefix(count)), to: folder("file"))
      #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: folder("file")) }
    }
    try AtomicFile.write(file, to: folder("file"))
    #expect(try SafetensorsFile(path: folder("file")).metadata == ["a": "b"])
  }

  @Test("scalars, empty tensors and a header that pads with spaces are fine")
  func edges() throws {
    let folder = try TemporaryFolder()
    let header =
      #"{"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"#
      + #""e":{"dtype":"F16","shape":[3,0],"data_offsets":[4,4]},"#
      + #""f":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}   "#
    try AtomicFile.write(safetensors(header: header, data: 4), to: folder("file"))
    let file = try SafetensorsFile(path: folder("file"))
    #expect(file.names == ["f", "s", "e"])
    #expect(try file.tensor(named: "s").count == 1)
    #expect(try file.tensor(named: "e").bytes.isEmpty)
    #expect(try file.tensor(named: "e").shape == [3, 0])
  }

  @Test("other types are listed, and refused only when asked for")
  func otherTypes() throws {
    let folder = try TemporaryFolder()
    let header =
      #"{"ids":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"#
      + #""new":{"dtype":"F4","shape":[3],"data_offsets":[16,18]},"#
      + #""x":{"dtype":"F32","shape":[1],"data_offsets":[18,22]}}"#
    try AtomicFile.write(safetensors(header: header, data: 22), to: folder("file"))
    let file = try SafetensorsFile(path: folder("file"))
    #expect(file.records.map(\.dtypeName) == ["I64", "F4", "F32"])
    #expect(try file.tensor(named: "x").count == 1)
    let error = #expect(throws: SafetensorsError.self) { try file.tensor(named: "ids") }
    #expect(
      error?.description
        == "\(folder("file")): tensor \"ids\": found dtype I64; expected F32, F16 or BF16. "
        + "Convert the weights or choose others.")
    let missing = #expect(throws: SafetensorsError.self) { try file.tensor(named: "y") }
    #expect(
      missing?.description
        == "\(folder("file")): found no tensor \"y\"; expected one. "
        + "Check that the weights belong to the configuration.")
  }
}
