import ArgumentParser
import Model

/// Which base a command works on.
struct BaseOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The base: a Hugging Face folder with config.json, safetensors and tokenizer.json. (default: the embedded base)",
      valueName: "dir"))
  var model: String?

  /// The folder.
  ///
  /// - Throws: `ValidationError` where none is given and the embedded base is not to be found.
  func path() throws -> String {
    if let path = model ?? BaseModel.embeddedPath() { return path }
    throw ValidationError(
      "No --model, and no data/base in this folder or above it; expected a base. Give its folder with --model."
    )
  }
}
