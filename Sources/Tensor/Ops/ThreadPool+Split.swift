extension ThreadPool {
  /// Runs `body` over consecutive ranges that together cover `0..<count`, of items that cost about `cost`
  /// element visits each.
  ///
  /// The split depends on the arguments alone, never on the number of threads: tasks of about 32,768 visits,
  /// some ten microseconds, and at most 64 of them.
  func split(_ count: Int, cost: Int, _ body: (Range<Int>) -> Void) {
    guard count > 0 else { return }
    let wanted = max(1, min(64, count, count * max(cost, 1) / 32_768))
    let step = (count + wanted - 1) / wanted
    parallel((count + step - 1) / step) { task in body(task * step..<min(count, (task + 1) * step)) }
  }

  /// The same over columns, in whole groups of sixteen, a kernel's vector.
  func splitColumns(_ columns: Int, rows: Int, _ body: (Range<Int>) -> Void) {
    split((columns + 15) / 16, cost: 16 * rows) { groups in
      body(groups.lowerBound * 16..<min(columns, groups.upperBound * 16))
    }
  }
}
