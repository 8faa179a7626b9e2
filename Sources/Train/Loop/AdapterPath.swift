import Files
import Foundation
import Model

/// Where adapters go unless told: `adapters/NAME-N`, with the archive's name and the first number that is free.
public enum AdapterPath {
  /// The folder of all adapters, in the working folder.
  public static let parent = "adapters"

  /// Makes the first folder for an adapter of this archive that is not there yet, so that of two runs begun
  /// together each has its own.
  ///
  /// - Throws: `FileError` where no folder can be made.
  public static func claim(forArchive archive: String, in parent: String = parent) throws(FileError) -> String
  {
    try AtomicFile.createDirectory(parent)
    var number = 1
    while true {
      let path = "\(parent)/\(name(archive))-\(number)"
      if mkdir(path, 0o755) == 0 { return path }
      let code = errno
      guard code == EEXIST else { throw FileError(path: path, operation: .createDirectory, code: code) }
      number += 1
    }
  }

  /// Gives a claimed folder up, if nothing was written into it.
  public static func release(_ folder: String) { rmdir(folder) }

  /// The folder for an adapter of this archive with the highest number that holds a checkpoint; with the highest
  /// of all where none does.
  public static func stopped(forArchive archive: String, in parent: String = parent) -> String {
    let prefix = "\(name(archive))-"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    let numbers = names.filter { $0.hasPrefix(prefix) }.compactMap { Int($0.dropFirst(prefix.count)) }
    let paths = numbers.sorted().map { "\(parent)/\(prefix)\($0)" }
    return paths.last { content(of: $0) == .checkpoint } ?? paths.last ?? "\(parent)/\(prefix)1"
  }

  /// What a run would find in a folder.
  package static func content(of folder: String) -> TrainingError.FolderContent {
    func holds(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(name)") }
    if holds(TrainingCheckpoint.name) { return .checkpoint }
    return holds(AdapterFolder.weightsName) ? .adapter : .nothing
  }

  private static func name(_ archive: String) -> String {
    URL(fileURLWithPath: archive).deletingPathExtension().lastPathComponent
  }
}
