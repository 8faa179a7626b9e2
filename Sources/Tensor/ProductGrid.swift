/// The parts of a product that are one task each: about four for each thread where the product is large enough, so
/// that one that is held up is made good by the others. Columns are cut first, in whole panels: each part packs its
/// own.
struct ProductGrid {
  private let (rows, columns, panels): (Int, Int, Int)
  private let (rowParts, columnParts): (Int, Int)

  /// Cuts a product of so many rows and columns.
  init(rows: Int, columns: Int, threads: Int) {
    let panels = (columns + PackedGEMM.panelColumns - 1) / PackedGEMM.panelColumns
    let wanted = threads == 1 ? 1 : 4 * threads
    // Of the numbers of parts near the wanted one, that with which the busiest thread has the least to do.
    func longest(_ parts: Int) -> Int {
      ((parts + threads - 1) / threads) * ((panels + parts - 1) / parts)
    }
    let most = min(panels, wanted)
    let columnParts = (max(1, most / 2)...most).reversed().min { longest($0) < longest($1) } ?? most
    (self.rows, self.columns, self.panels) = (rows, columns, panels)
    self.columnParts = columnParts
    // A panel is packed as 32 columns wide however few it has, which two hundred rows repay.
    rowParts = max(1, min(wanted / columnParts, rows / 224))
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
