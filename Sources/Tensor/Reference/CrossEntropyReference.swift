import Foundation

extension Reference {
  /// The loss of each row of hidden·headᵀ, and the gradients of Σᵢ weights[i]·losses[i].
  package static func linearCrossEntropy(
    hidden: [Double], head: [Double], width: Int, labels: [Int], weights: [Double]
  ) -> (losses: [Double], dHidden: [Double], dHead: [Double]) {
    let (n, vocabulary) = (labels.count, head.count / width)
    let logits = product(
      hidden, transposeA: false, head, transposeB: true, m: n, n: vocabulary, k: width)
    var losses = [Double]()
    var dLogits = [Double]()
    for (i, row) in rows(logits, vocabulary).enumerated() {
      let total = logSumExp(row)
      losses.append(total - row[row.startIndex + labels[i]])
      dLogits += row.enumerated().map { weights[i] * (exp($1 - total) - ($0 == labels[i] ? 1 : 0)) }
    }
    return (
      losses,
      product(dLogits, transposeA: false, head, transposeB: false, m: n, n: width, k: vocabulary),
      product(dLogits, transposeA: true, hidden, transposeB: false, m: vocabulary, n: width, k: n)
    )
  }
}
