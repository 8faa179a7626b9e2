/// The parts of a product that are one task each: about four for each thread where the product is large enough, so
/// that other threads take over the tasks of one that is held up.
///
/// Where there are rows enough, each thread, or each few, take their own rows, as elementwise operators do, and so find
/// in their caches what they wrote before: between cores without a common cache this is worth more than what packing
/// the right operand for each of them costs. Otherwise columns are cut first, in whole panels: each part packs its own.
struct ProductGrid {
  private let (rows, columns, panels): (Int, Int, Int)
  private let (rowParts, columnParts): (Int, Int)

  /// The fewest rows that repay packing the right operand for them alone: with 512 that is some two percent of the
  /// product.
  private static let leastOwnRows = 448

  /// Cuts a product of so many rows and columns.
  init(rows: Int, columns: Int, threads: Int) {
    let panels = (columns + PackedGEMM.panelColumns - 1) / PackedGEMM.panelColumns
    let wanted = threads == 1 ? 1 : 4 * threads
    // Rows are cut first for as many groups of threads, of equal size, as they are enough for.
    let groups =
      (1...threads).last { threads % $0 == 0 && rows / $0 >= ProductGrid.leastOwnRows } ?? 1
    // Of the numbers of parts near the wanted one, that with which the busiest thread of a group has the least to do.
    func longest(_ parts: Int) -> Int {
      let together = threads / groups
      return ((parts + together - 1) / together) * ((panels + parts - 1) / parts)
    }
    let most = min(panels, wanted / groups)
    let columnParts = (max(1, most / 2)...most).reversed().min { longest($0) < longest($1) } ?? most
    (self.rows, self.columns, self.panels) = (rows, columns, panels)
    self.columnParts = columnParts
    // A panel is packed as 32 columns wide however few it has, which two hundred rows repay.
    rowParts = groups * max(1, min(wanted / groups / columnParts, rows / groups / 224))
  }

  /// The number of tasks.
  var count: Int { rowParts * columnParts }

  /// The rows and columns of a task; columns begin with a whole panel.
  func tile(_ task: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let (row, column) = (task / columnParts, task % columnParts)
    let end = (column + 1) * panels / columnParts * PackedGEMM.panelColumns
    return (
      row * rows / rowParts..<(row + 1) * rows / rowParts,
      column * panels / columnParts * PackedGEMM.panelColumns..<min(columns, end)
    )
  }
}
