import Files

/// The header of a safetensors file, checked against the length of its data.
///
/// Layout of a file: the header's length as 8 little-endian bytes, the header as a JSON object, the data.
/// Each member of the object is a tensor, `{"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}`,
/// with offsets from the start of the data; `__metadata__` is an object of strings. In the order of their
/// offsets the tensors cover the data without overlap and without holes.
/// (https://github.com/huggingface/safetensors, "Format", version 0.4.)
struct SafetensorsHeader {
  /// The longest header that the format allows, in bytes.
  static let lengthLimit = 100_000_000

  /// The tensors in the order of their data.
  private(set) var records: [TensorRecord] = []
  private(set) var metadata: [String: String] = [:]

  /// Reads and checks the header of the file whose bytes are `bytes`.
  init(bytes: UnsafeRawBufferPointer) throws(SafetensorsError.Problem) {
    guard bytes.count >= 8 else { throw .tooShort(byteCount: bytes.count) }
    let claimed = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    let limit = min(bytes.count - 8, Self.lengthLimit)
    guard let length = Int(exactly: claimed), length <= limit else {
      throw .headerLength(claimed: claimed, limit: limit)
    }
    let object = try Self.parse(UnsafeRawBufferPointer(rebasing: bytes[8..<8 + length]))

    let dataStart = 8 + length
    var misfits: [SafetensorsError.Misfit] = []
    for (name, value) in object.members {
      if name == "__metadata__" {
        metadata = try Self.metadata(value)
        continue
      }
      do throws(SafetensorsError.Misfit) {
        records.append(try Self.record(name, value, dataStart: dataStart))
      } catch {
        misfits.append(error)
      }
    }
    let tensorCount = records.count + misfits.count
    guard misfits.isEmpty else { throw .misfits(misfits, tensorCount: tensorCount) }

    let expectedEnd = records.map(\.byteRange.upperBound).max() ?? dataStart
    guard bytes.count == expectedEnd else {
      throw .dataLength(found: bytes.count - dataStart, expected: expectedEnd - dataStart)
    }
    records.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    misfits = Self.gapsAndOverlaps(in: records, dataStart: dataStart)
    guard misfits.isEmpty else { throw .misfits(misfits, tensorCount: tensorCount) }
  }

  private static func parse(_ header: UnsafeRawBufferPointer) throws(SafetensorsError.Problem) -> JSONObject {
    let value: JSONValue
    do {
      value = try JSONParser.parse(header)
    } catch {
      throw .headerSyntax(line: error.line, column: error.column, problem: error.problem)
    }
    guard let object = value.objectValue else { throw .headerKind(found: value.kindName) }
    return object
  }

  private static func metadata(_ value: JSONValue) throws(SafetensorsError.Problem) -> [String: String] {
    guard let object = value.objectValue else { throw .metadata(found: value.kindName) }
    var metadata: [String: String] = [:]
    for (key, value) in object.members {
      guard let text = value.stringValue else { throw .metadata(found: value.kindName) }
      metadata[key] = text
    }
    return metadata
  }

  /// The record of one tensor, consistent in itself.
  private static func record(
    _ name: String, _ value: JSONValue, dataStart: Int
  ) throws(SafetensorsError.Misfit) -> TensorRecord {
    func misfit(_ field: String, _ found: String, expected: String) -> SafetensorsError.Misfit {
      SafetensorsError.Misfit(tensor: name, finding: .field(field, found: found, expected: expected))
    }
    guard value.objectValue != nil else {
      throw misfit("its entry", value.kindName, expected: "an object")
    }
    guard let dtypeName = value["dtype"]?.stringValue else {
      throw misfit("dtype", value["dtype"]?.brief ?? "nothing", expected: "a string")
    }
    guard let shape = sizes(value["shape"]) else {
      throw misfit("shape", value["shape"]?.brief ?? "nothing", expected: "a list of whole numbers from 0")
    }
    guard let offsets = sizes(value["data_offsets"]), offsets.count == 2,
      let range = byteRange(from: offsets[0], to: offsets[1], dataStart: dataStart)
    else {
      throw misfit(
        "data_offsets", value["data_offsets"]?.brief ?? "nothing",
        expected: "two whole numbers, begin and end")
    }
    let elementBytes = elementByteCounts[dtypeName]
    guard let byteCount = byteCount(shape, elementBytes: elementBytes ?? 1) else {
      throw SafetensorsError.Misfit(tensor: name, finding: .shapeOverflow(shape: shape))
    }
    // Elements of a type that is not known here have at least one bit.
    guard elementBytes == nil ? byteCount / 8 <= range.count : byteCount == range.count else {
      let finding = SafetensorsError.Misfit.Finding.byteCount(
        found: range.count, expected: elementBytes == nil ? byteCount / 8 : byteCount, dtype: dtypeName,
        shape: shape)
      throw SafetensorsError.Misfit(tensor: name, finding: finding)
    }
    return TensorRecord(name: name, dtypeName: dtypeName, shape: shape, byteRange: range)
  }

  /// Bytes per element of the types whose elements are whole bytes. Others are listed and never read.
  private static let elementByteCounts = [
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2,
    "U32": 4, "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8,
  ]

  private static func sizes(_ value: JSONValue?) -> [Int]? {
    guard let elements = value?.arrayValue else { return nil }
    var sizes: [Int] = []
    for element in elements {
      guard case .integer(let number) = element, number >= 0, let size = Int(exactly: number) else {
        return nil
      }
      sizes.append(size)
    }
    return sizes
  }

  /// The size of a tensor, or nil where it exceeds the range of `Int`.
  private static func byteCount(_ shape: [Int], elementBytes: Int) -> Int? {
    var byteCount = elementBytes
    for size in shape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      byteCount = product
    }
    return byteCount
  }

  private static func byteRange(from begin: Int, to end: Int, dataStart: Int) -> Range<Int>? {
    let (fileEnd, overflow) = end.addingReportingOverflow(dataStart)
    return overflow || begin > end ? nil : begin + dataStart..<fileEnd
  }

  private static func gapsAndOverlaps(
    in records: [TensorRecord], dataStart: Int
  ) -> [SafetensorsError.Misfit] {
    var misfits: [SafetensorsError.Misfit] = []
    var end = dataStart
    var previous: String?
    var names: Set<String> = []
    for record in records {
      let begin = record.byteRange.lowerBound
      if begin != end {
        let finding = SafetensorsError.Misfit.Finding.offset(
          found: begin - dataStart, expected: end - dataStart, previous: previous)
        misfits.append(SafetensorsError.Misfit(tensor: record.name, finding: finding))
      }
      if !names.insert(record.name).inserted {
        misfits.append(SafetensorsError.Misfit(tensor: record.name, finding: .equivalentName))
      }
      if record.byteRange.upperBound >= end {
        end = record.byteRange.upperBound
        previous = record.name
      }
    }
    return misfits
  }
}
