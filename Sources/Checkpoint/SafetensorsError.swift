import Files

/// Why a file is no safetensors file, or lacks a tensor that is wanted.
public struct SafetensorsError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Problem: Error, Equatable, Sendable {
    /// The file ends before the header length does.
    case tooShort(byteCount: Int)
    /// The header length exceeds what the file holds, or the format's limit.
    case headerLength(claimed: UInt64, limit: Int)
    /// The header is not JSON.
    case headerSyntax(line: Int, column: Int, problem: JSONParseError.Problem)
    /// The header is JSON of another kind than an object.
    case headerKind(found: String)
    /// `__metadata__` is not an object of strings.
    case metadata(found: String)
    /// The tensors cover more or fewer bytes than follow the header.
    case dataLength(found: Int, expected: Int)
    /// Tensors whose entry contradicts itself or its neighbours.
    case misfits([Misfit], tensorCount: Int)
    /// The tensor is not there.
    case missingTensor(String)
    /// The tensor's elements are no floating-point numbers that we compute with.
    case unsupportedDType(tensor: String, dtype: String)
  }

  /// What is wrong with one tensor's entry in the header.
  public struct Misfit: Error, Equatable, Sendable {
    /// What does not fit.
    public enum Finding: Equatable, Sendable {
      /// The entry or a field of it is missing or of another kind.
      case field(String, found: String, expected: String)
      /// The shape has more elements than fit in 63 bits.
      case shapeOverflow(shape: [Int])
      /// The data is longer or shorter than type and shape make it.
      case byteCount(found: Int, expected: Int, dtype: String, shape: [Int])
      /// The data overlaps the tensor before it or leaves a hole; `previous` is nil for the first tensor.
      case offset(found: Int, expected: Int, previous: String?)
      /// Another tensor has the same name but for its Unicode spelling.
      case equivalentName
    }

    /// The tensor's name.
    public let tensor: String
    /// What does not fit.
    public let finding: Finding
  }

  /// The file, or the folder whose files were searched.
  public let file: String
  /// What is wrong with it.
  public let problem: Problem

  /// `file: what was found; what was expected. What to do.`; more than one misfit follow a line each.
  public var description: String { "\(file): \(problem)" }
}

extension SafetensorsError.Problem: CustomStringConvertible {
  /// How many misfits are spelled out.
  static let shownMisfits = 8

  /// What was found, what was expected and what to do, without the file.
  public var description: String {
    switch self {
    case .tooShort(let byteCount):
      "found \(byteCount) bytes; expected a safetensors file, which starts with 8 bytes of header length. "
        + Self.damaged
    case .headerLength(let claimed, let limit):
      "found a header length of \(claimed) bytes; expected at most \(limit). \(Self.damaged)"
    case .headerSyntax(let line, let column, let problem):
      "header, line \(line), column \(column): \(problem.finding). \(Self.damaged)"
    case .headerKind(let found):
      "found \(found) as the header; expected an object of tensors. \(Self.damaged)"
    case .metadata(let found):
      "found \(found) in \"__metadata__\"; expected an object of strings. \(Self.damaged)"
    case .dataLength(let found, let expected):
      "found \(found) bytes of tensor data; expected \(expected), as the header says. \(Self.damaged)"
    case .misfits(let misfits, let tensorCount):
      Self.list(misfits, of: tensorCount)
    case .missingTensor(let name):
      "found no tensor \"\(name)\"; expected one. Check that the weights belong to the configuration."
    case .unsupportedDType(let tensor, let dtype):
      "tensor \"\(tensor)\": found dtype \(dtype); expected F32, F16 or BF16. "
        + "Convert the weights or choose others."
    }
  }

  private static let damaged = "The file is damaged or of another kind: fetch or write it again."

  private static func list(_ misfits: [SafetensorsError.Misfit], of tensorCount: Int) -> String {
    if misfits.count == 1, let misfit = misfits.first { return "\(misfit). \(damaged)" }
    var lines = [
      "found \(misfits.count) misfits in the header of \(tensorCount) tensors; expected none. \(damaged)"
    ]
    lines += misfits.prefix(shownMisfits).map { "  \($0)" }
    if misfits.count > shownMisfits { lines.append("  and \(misfits.count - shownMisfits) more") }
    return lines.joined(separator: "\n")
  }
}

extension SafetensorsError.Misfit: CustomStringConvertible {
  /// The tensor, what was found and what was expected.
  public var description: String {
    let text =
      switch finding {
      case .field(let field, let found, let expected):
        "found \(found) as \(field); expected \(expected)"
      case .shapeOverflow(let shape):
        "found shape \(shape); expected fewer than 2^63 bytes"
      case .byteCount(let found, let expected, let dtype, let shape):
        "found \(found) bytes of data; expected \(expected) for \(dtype) \(shape)"
      case .offset(let found, let expected, let previous?):
        "found its data at offset \(found); expected \(expected), where \"\(previous)\" ends"
      case .offset(let found, let expected, nil):
        "found its data at offset \(found); expected \(expected), where the data starts"
      case .equivalentName:
        "found the name for the second time in another Unicode spelling; expected each name once"
      }
    return "tensor \"\(tensor)\": \(text)"
  }
}
