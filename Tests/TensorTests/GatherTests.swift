import Testing

@testable import Tensor

@Suite("Gather and Embedding") struct GatherTests {
  let pool = ThreadPool(threadCount: 2)

  @Test("rows are copied in the order of the indices")
  func rows() {
    let x = GuardedMatrix(seed: 1, rows: 5, columns: 3)
    let y = GuardedMatrix(seed: 2, rows: 4, columns: 3)
    let indices: [Int32] = [4, 0, 4, 2]
    indices.withUnsafeBufferPointer { Gather.rows(of: x.matrix, at: $0, into: y.matrix, pool: pool) }
    #expect(y.values == indices.flatMap { x.values[Int($0) * 3..<Int($0) * 3 + 3] })
    #expect(y.guardsAreIntact)
  }

  @Test("scattering undoes gathering and leaves other rows alone")
  func scatter() {
    let (x, y) = (GuardedMatrix(seed: 1, rows: 2, columns: 3), GuardedMatrix(seed: 2, rows: 4, columns: 3))
    let before = y.values
    let indices: [Int32] = [3, 1]
    indices.withUnsafeBufferPointer { Gather.scatterRows(of: x.matrix, at: $0, into: y.matrix, pool: pool) }
    let expected = [before[0..<3], x.values[3..<6], before[6..<9], x.values[0..<3]].flatMap { Array($0) }
    #expect(y.values == expected)
    #expect(y.guardsAreIntact)
  }

  @Test("the embedding's gradient adds up where a token repeats")
  func embedding() {
    let table = GuardedMatrix(seed: 1, rows: 6, columns: 20)
    let ids: [Int32] = [5, 2, 5, 5]
    let y = GuardedMatrix(seed: 2, rows: 4, columns: 20)
    let dy = GuardedMatrix(seed: 3, rows: 4, columns: 20)
    let dTable = GuardedMatrix([Float](repeating: 1, count: 120), rows: 6, columns: 20)
    ids.withUnsafeBufferPointer { ids in
      Embedding.forward(table: WeightMatrix(table.matrix), ids: ids, into: y.matrix, pool: pool)
      Embedding.backward(addingTo: dTable.matrix, dy: dy.matrix, ids: ids, pool: pool)
    }
    for (row, id) in ids.enumerated() {
      #expect(y.values[row * 20..<row * 20 + 20] == table.values[Int(id) * 20..<Int(id) * 20 + 20])
    }
    for column in 0..<20 {
      let d = { dy.values[$0 * 20 + column] }
      #expect(dTable.values[100 + column] == ((1 + d(0)) + d(2)) + d(3))
      #expect(dTable.values[40 + column] == 1 + d(1))
      #expect(dTable.values[column] == 1)
    }
    #expect(dTable.guardsAreIntact)
  }

  @Test("no index is no work")
  func none() {
    let x = GuardedMatrix(seed: 1, rows: 3, columns: 2)
    let before = x.values
    let empty = Matrix(x.base, rows: 0, columns: 2)
    let ids = UnsafeBufferPointer<Int32>(start: nil, count: 0)
    Gather.rows(of: x.matrix, at: ids, into: empty, pool: pool)
    Gather.scatterRows(of: empty, at: ids, addingTo: x.matrix, pool: pool)
    #expect(x.values == before)
  }
}
