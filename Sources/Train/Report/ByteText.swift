/// Byte counts in words.
public enum ByteText {
  /// "512 B", "1.5 MiB", "3.2 GiB": the largest binary unit that leaves at least one.
  public static func short(_ bytes: Int) -> String {
    var value = Double(bytes)
    var unit = "B"
    for next in ["KiB", "MiB", "GiB", "TiB"] where value >= 1024 {
      value /= 1024
      unit = next
    }
    guard unit != "B" else { return "\(bytes) B" }
    return "\((value * 10).rounded() / 10) \(unit)"
  }
}
