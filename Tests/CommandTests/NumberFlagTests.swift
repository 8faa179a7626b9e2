import ArgumentParser
import Flags
import Testing

@testable import GhostCommand
@testable import LoraTrainCommand

@Suite("Numbers after flags") struct NumberFlagTests {
  /// A subcommand, and the least that it parses.
  struct Subcommand: CustomTestStringConvertible {
    let type: any ParsableCommand.Type
    let arguments: [String]
    var testDescription: String { type.configuration.commandName ?? "" }

    init(_ type: any ParsableCommand.Type, _ arguments: String...) {
      (self.type, self.arguments) = (type, arguments)
    }

    /// What the command says to more arguments.
    func refusal(_ more: String...) throws -> String {
      let error = try #require(throws: (any Error).self) { try type.parse(arguments + more) }
      return type.message(for: error)
    }
  }

  static let subcommands = [
    Subcommand(TrainCommand.self), Subcommand(EvalCommand.self, "--data", "a"),
    Subcommand(PretrainCommand.self, "--data", "a", "--valid-data", "b", "--output", "c"),
    Subcommand(BenchCommand.self), Subcommand(PrepareCommand.self, "posts"),
    Subcommand(GateCommand.self, "--cases", "a"), Subcommand(DraftCommand.self),
    Subcommand(RefitCommand.self),
  ]

  /// The flags of a parsed command, or of its groups, that take a number.
  private func numberFlags(of arguments: Any) -> [String] {
    Mirror(reflecting: arguments).children.flatMap { child -> [String] in
      if child.value is any NumberFlag, let label = child.label { return [flag(ofProperty: label)] }
      return (child.value as? any FlagGroup).map { numberFlags(of: $0.group) } ?? []
    }
  }

  /// `--max-steps` of `_maxSteps`.
  private func flag(ofProperty label: String) -> String {
    "--" + label.dropFirst().map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }.joined()
  }

  @Test(
    "The word after every number's flag is its value, and one that is no number is refused",
    arguments: subcommands)
  func everyFlag(subcommand: Subcommand) throws {
    let flags = numberFlags(of: try subcommand.type.parse(subcommand.arguments))
    #expect(flags.contains("--threads") || subcommand.type == PrepareCommand.self)
    for flag in flags {
      for word in ["--nothing", "-x"] {
        let text = try subcommand.refusal(flag, word)
        #expect(
          text.hasPrefix("The value '\(word)' is invalid for '\(flag) <") && text.contains(">': expected a "))
      }
    }
  }

  @Test("A number that its type cannot hold is refused with what was found and expected")
  func words() throws {
    let train = Self.subcommands[0]
    for negative in ["-1", "-10"] {
      #expect(
        try train.refusal("--seed", negative)
          == "The value '\(negative)' is invalid for '--seed <n>': expected a whole number from 0 to"
          + " 18446744073709551615.")
    }
    #expect(
      try train.refusal("--seed", "--epochs", "2").hasPrefix(
        "The value '--epochs' is invalid for '--seed <n>': "))
    #expect(
      try train.refusal("--learning-rate", "--seed")
        == "The value '--seed' is invalid for '--learning-rate <rate|auto>': expected a positive number or auto."
    )
    #expect(
      try train.refusal("--dropout", "0,5")
        == "The value '0,5' is invalid for '--dropout <p>': expected a number such as 0.5.")
    #expect(try train.refusal("--alpha") == "Missing value for '--alpha <x>'")
    // A range is for the run to refuse.
    let options = try TrainCommand.parse(["--epochs", "-1", "--alpha", "-.5e1", "--learning-rate", "-1e-4"])
      .options()
    #expect(options.epochs == -1 && options.adapter.alpha == -5 && options.learningRate == .value(-1e-4))
  }
}

/// An option whose value is a number.
private protocol NumberFlag {}
extension Option: NumberFlag where Value: NumberValue {}
private protocol NumberValue {}
extension Int: NumberValue {}
extension UInt64: NumberValue {}
extension Float: NumberValue {}
extension Double: NumberValue {}
extension Optional: NumberValue where Wrapped: TypedNumber {}

/// A group of flags.
private protocol FlagGroup { var group: Any { get } }
extension OptionGroup: FlagGroup { fileprivate var group: Any { wrappedValue } }
