/// The version of this package, as run records and `--version` state it.
public enum PackageVersion {
  /// Semantic version.
  public static let text = "0.1.0"

  /// The Swift version that compiled this package, as far as it is known here.
  static let swift: String = {
    #if compiler(>=6.4)
      "6.4 or later"
    #elseif compiler(>=6.3)
      "6.3"
    #elseif compiler(>=6.2)
      "6.2"
    #else
      "6.1"
    #endif
  }()
}
