/// The version of this package, as run records and `--version` state it.
public enum PackageVersion {
  /// Semantic version.
  public static let text = "0.1.0"
}
