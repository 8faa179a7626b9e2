import Foundation

/// Base against adapter on the same documents, as a small table.
public enum ComparisonTable {
  /// The table's lines: loss, perplexity and bits per byte; what the adapter saves of the last, with its interval.
  public static func lines(_ comparison: HeldOutComparison, style: TextStyle = .plain) -> [String] {
    let (base, adapter, bootstrap) = (comparison.base.total, comparison.adapter.total, comparison.bootstrap)
    let saved = String(
      format: "%+.3f (%+.3f to %+.3f)", bootstrap.difference, bootstrap.lower, bootstrap.upper)
    return [
      style.dim(row("", "base", "adapter", "saved (95 % interval)")),
      row("loss", NumberText.fixed(base.loss, 3), NumberText.fixed(adapter.loss, 3), ""),
      row("perplexity", NumberText.fixed(base.perplexity, 2), NumberText.fixed(adapter.perplexity, 2), ""),
      row(
        "bits per byte", NumberText.fixed(base.bitsPerByte, 3), NumberText.fixed(adapter.bitsPerByte, 3),
        saved),
    ]
  }

  /// The lines of a base alone.
  public static func lines(_ loss: DocumentLoss) -> [String] {
    [
      row("loss", NumberText.fixed(loss.loss, 3), "", ""),
      row("perplexity", NumberText.fixed(loss.perplexity, 2), "", ""),
      row("bits per byte", NumberText.fixed(loss.bitsPerByte, 3), "", ""),
    ]
  }

  private static func row(_ name: String, _ base: String, _ adapter: String, _ saved: String) -> String {
    let cells = name.padded(to: 14) + base.leftPadded(to: 9)
    guard !adapter.isEmpty else { return cells }
    return cells + adapter.leftPadded(to: 11) + (saved.isEmpty ? "" : "   \(saved)")
  }
}
