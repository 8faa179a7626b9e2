import Foundation

@testable import Model
@testable import Tensor

/// A decoder with an adapter in double precision, written for reading: no packing, no buffers, no backward. Central
/// differences of its loss check the gradients of the real one.
struct DoubleDecoder {
  typealias Rows = [[Double]]

  private let base: BaseModel
  private var configuration: ModelConfiguration { base.configuration }
  private var weights: DecoderTensors<WeightMatrix> { base.weights.tensors }
  let adapter: LoRAConfiguration
  /// A and B of each layer and projection.
  var pairs: [[(a: Rows, b: Rows)?]]
  /// The factor on each element of an adapter's input, 0 where dropout drops it: rows, columns, layer, projection.
  var mask: (Int, Int, Int, Projection) -> Rows? = { _, _, _, _ in nil }

  init(_ base: BaseModel, adapter: LoRAAdapter) {
    self.base = base
    self.adapter = adapter.configuration
    pairs = adapter.pairs.map { $0.map { $0.map { (Self.rows($0.a), Self.rows($0.b)) } } }
  }

  /// Moves A and B along a direction laid out as `pairs`.
  mutating func move(along direction: [[(a: Rows, b: Rows)?]], by step: Double) {
    for layer in pairs.indices {
      for place in pairs[layer].indices {
        guard let pair = pairs[layer][place], let way = direction[layer][place] else { continue }
        pairs[layer][place] = (
          Self.add(pair.a, way.a, scale: step), Self.add(pair.b, way.b, scale: step)
        )
      }
    }
  }

  /// The summed loss in nats of one sequence's labels, −100 being none.
  func loss(ids: [Int32], labels: [Int32]) -> Double {
    var x = ids.map { Self.rows(weights.embedding)[Int($0)] }
    for layer in weights.layers.indices {
      let tensors = weights.layers[layer]
      let h = norm(x, tensors.attentionNorm)
      let q = heads(project(h, layer, .query), tensors.queryNorm, rotated: true)
      let k = heads(project(h, layer, .key), tensors.keyNorm, rotated: true)
      let v = heads(project(h, layer, .value), nil, rotated: false)
      x = Self.add(x, project(attention(q, k, v), layer, .output))
      let g = norm(x, tensors.feedForwardNorm)
      let (gate, up) = (project(g, layer, .gate), project(g, layer, .up))
      let product = zip(gate, up).map { zip($0, $1).map { $0 / (1 + exp(-$0)) * $1 } }
      x = Self.add(x, project(product, layer, .down))
    }
    let logits = Self.multiply(norm(x, weights.finalNorm), Self.rows(weights.head))
    return labels.indices.dropFirst().reduce(0) { sum, index in
      guard labels[index] >= 0 else { return sum }
      let row = logits[index - 1]
      let peak = row.max() ?? 0
      return sum + peak + log(row.reduce(0) { $0 + exp($1 - peak) }) - row[Int(labels[index])]
    }
  }

  /// x·Wᵀ + b + s·(dropout(x)·Aᵀ)·Bᵀ.
  private func project(_ x: Rows, _ layer: Int, _ which: Projection) -> Rows {
    var y = Self.multiply(x, Self.rows(weights.layers[layer].projections[which.rawValue]))
    if let bias = weights.layers[layer].biases[which.rawValue] {
      y = y.map { zip($0, Self.rows(bias)[0]).map { $0 + $1 } }
    }
    guard let pair = pairs[layer][which.rawValue] else { return y }
    var input = x
    if let mask = mask(x.count, x[0].count, layer, which) {
      input = zip(x, mask).map { zip($0, $1).map { $0 * $1 } }
    }
    let update = Self.multiply(Self.multiply(input, pair.a), pair.b)
    return Self.add(y, update, scale: Double(adapter.scaling))
  }

  /// [T][heads][D], normalised and rotated where asked.
  private func heads(_ x: Rows, _ gain: Matrix?, rotated: Bool) -> [Rows] {
    let d = configuration.headDimension
    let frequencies = configuration.rotaryScaling.inverseFrequencies(
      theta: configuration.rotaryTheta, headDimension: d)
    return x.enumerated().map { position, row in
      stride(from: 0, to: row.count, by: d).map { start in
        var head = Array(row[start..<start + d])
        if let gain { head = norm([head], gain)[0] }
        guard rotated else { return head }
        for (pair, frequency) in frequencies.enumerated() {
          let angle = Double(position) * Double(frequency)
          let (one, two) = (head[pair], head[pair + d / 2])
          head[pair] = one * cos(angle) - two * sin(angle)
          head[pair + d / 2] = two * cos(angle) + one * sin(angle)
        }
        return head
      }
    }
  }

  private func attention(_ q: [Rows], _ k: [Rows], _ v: [Rows]) -> Rows {
    let group = configuration.headCount / configuration.keyValueHeadCount
    let scale = 1 / Double(configuration.headDimension).squareRoot()
    return q.indices.map { row in
      (0..<configuration.headCount).flatMap { head in
        let scores = (0...row).map { scale * Self.dot(q[row][head], k[$0][head / group]) }
        let weights = scores.map { exp($0 - (scores.max() ?? 0)) }
        let sum = weights.reduce(0, +)
        return (0..<configuration.headDimension).map { column in
          (0...row).reduce(0) { $0 + weights[$1] / sum * v[$1][head / group][column] }
        }
      }
    }
  }

  private func norm(_ x: Rows, _ gain: Matrix) -> Rows {
    let gain = Self.rows(gain)[0]
    return x.map { row in
      let meanSquare = Self.dot(row, row) / Double(row.count)
      let r = 1 / (meanSquare + Double(configuration.normEpsilon)).squareRoot()
      return zip(row, gain).map { $0 * r * $1 }
    }
  }

  static func rows(_ matrix: Matrix) -> Rows {
    (0..<matrix.rows).map { row in (0..<matrix.columns).map { Double(matrix.row(row)[$0]) } }
  }

  static func rows(_ weights: WeightMatrix) -> Rows {
    let storage = Storage(count: weights.rows * weights.columns)
    let wide = storage.matrix(rows: weights.rows, columns: weights.columns)
    weights.widen(into: wide)
    return withExtendedLifetime(storage) { rows(wide) }
  }

  /// x·wᵀ.
  private static func multiply(_ x: Rows, _ w: Rows) -> Rows { x.map { row in w.map { dot(row, $0) } } }

  private static func dot(_ x: [Double], _ y: [Double]) -> Double {
    var sum = 0.0
    for index in x.indices { sum += x[index] * y[index] }
    return sum
  }

  private static func add(_ x: Rows, _ y: Rows, scale: Double = 1) -> Rows {
    zip(x, y).map { zip($0, $1).map { $0 + scale * $1 } }
  }
}
