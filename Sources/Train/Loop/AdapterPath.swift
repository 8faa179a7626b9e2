import Foundation
import Model

/// Where adapters go unless told: `adapters/NAME-N`, with the archive's name and the first number that is free.
public enum AdapterPath {
  /// The folder of all adapters, in the working folder.
  public static let parent = "adapters"

  /// The first folder for an adapter of this archive that holds none yet.
  public static func fresh(forArchive archive: String, in parent: String = parent) -> String {
    var number = 1
    while content(of: path(archive, number, parent)) != .nothing { number += 1 }
    return path(archive, number, parent)
  }

  /// The newest folder for an adapter of this archive that holds a checkpoint; the newest of all where none does.
  public static func stopped(forArchive archive: String, in parent: String = parent) -> String {
    var numbers: [Int] = []
    while content(of: path(archive, numbers.count + 1, parent)) != .nothing {
      numbers.append(numbers.count + 1)
    }
    let stopped = numbers.last { content(of: path(archive, $0, parent)) == .checkpoint }
    return path(archive, stopped ?? max(1, numbers.count), parent)
  }

  /// What a run would find in a folder.
  static func content(of folder: String) -> TrainingError.FolderContent {
    func holds(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(name)") }
    if holds(TrainingCheckpoint.name) { return .checkpoint }
    return holds(AdapterFolder.weightsName) ? .adapter : .nothing
  }

  private static func path(_ archive: String, _ number: Int, _ parent: String) -> String {
    let name = URL(fileURLWithPath: archive).deletingPathExtension().lastPathComponent
    return "\(parent)/\(name)-\(number)"
  }
}
