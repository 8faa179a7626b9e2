import Testing

@testable import Tokenizer

@Suite("BinaryHeap") struct BinaryHeapTests {
  @Test("elements come out in order, however they went in")
  func order() {
    var random = SeededGenerator(seed: 5)
    for count in 0..<40 {
      let elements = (0..<count).map { _ in Int.random(in: 0..<20, using: &random) }
      var heap = BinaryHeap<Int>()
      for element in elements { heap.push(element) }
      var popped: [Int] = []
      while let element = heap.pop() { popped.append(element) }
      #expect(popped == elements.sorted())
    }
  }
}
