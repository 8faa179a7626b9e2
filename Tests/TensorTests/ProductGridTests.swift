import Testing

@testable import Tensor

@Suite("ProductGrid") struct ProductGridTests {
  // One element; a panel less and more than a few; rows that are too few, just enough and more than enough for every
  // thread to have its own.
  static let sizes = [
    (1, 1), (100, 31), (223, 33), (449, 576), (895, 576), (896, 576), (1024, 24), (4000, 1536),
  ]

  @Test("tasks cover every element once, and columns begin with a panel", arguments: sizes, [1, 2, 3, 4, 8])
  func covers(size: (rows: Int, columns: Int), threads: Int) {
    let grid = ProductGrid(rows: size.rows, columns: size.columns, threads: threads)
    var covered = 0
    var corners: Set<[Int]> = []
    for task in 0..<grid.count {
      let (rows, columns) = grid.tile(task)
      #expect(rows.upperBound <= size.rows && columns.upperBound <= size.columns)
      #expect(columns.lowerBound % PackedGEMM.panelColumns == 0)
      covered += rows.count * columns.count
      corners.insert([rows.lowerBound, columns.lowerBound])
    }
    // Tiles of a grid that begin at different places and are as large together as the whole do not overlap.
    #expect(covered == size.rows * size.columns && corners.count == grid.count)
  }

  @Test("where rows are enough, each thread's share of the tasks is its share of the rows")
  func ownRows() {
    for (rows, threads) in [(896, 2), (1024, 2), (1792, 4), (4096, 8)] {
      let grid = ProductGrid(rows: rows, columns: 576, threads: threads)
      #expect(grid.count % threads == 0)
      for thread in 0..<threads {
        for task in thread * grid.count / threads..<(thread + 1) * grid.count / threads {
          let part = grid.tile(task).rows
          #expect(
            part.lowerBound >= thread * rows / threads && part.upperBound <= (thread + 1) * rows / threads)
        }
      }
    }
  }
}
