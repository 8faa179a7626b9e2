import Testing

@testable import Tokenizer

@Suite("ByteStringTable") struct ByteStringTableTests {
  @Test("strings keep the number of their first insertion, through growth and removal")
  func numbers() {
    var table = ByteStringTable(capacity: 1)
    // Lengths 0 to 19 cross the eight-byte steps of the hash.
    let strings = (0..<2_000).map { number in
      [UInt8(number % 256), UInt8(number / 256)] + [UInt8](repeating: 7, count: number % 19)
    }
    for round in 0..<2 {
      for (number, string) in strings.enumerated() {
        let inserted = string.withUnsafeBufferPointer { table.insert($0) }
        #expect(inserted.number == number)
        #expect(inserted.isNew == (round == 0))
      }
    }
    #expect(table.count == 2_000)
    #expect(Array(table[1_999]) == strings[1_999])
    #expect(([] as [UInt8]).withUnsafeBufferPointer { table.number(of: $0) } == nil)
    table.removeAll()
    #expect(strings[5].withUnsafeBufferPointer { table.number(of: $0) } == nil)
    #expect(strings[5].withUnsafeBufferPointer { table.insert($0).number } == 0)
  }
}
