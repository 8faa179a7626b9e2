// Times of the operators and of one training step, at the sizes of a SmolLM2-135M layer over 1,024 tokens; of
// attention in both types at the sizes of three models.
//
//     swift run --package-path Benchmarks -c release OperatorBenchmarks
//
// Names are operator.shape; every case runs on all processors. `lora-train bench` relates a whole training step to
// the machine's own GEMM peak.

import Benchmark
import Foundation
import Model
import Tensor

let pool = ThreadPool()
let shape = ModelConfiguration(
  vocabularySize: 49_152, hiddenSize: 576, intermediateSize: 1536, layerCount: 2, headCount: 9,
  keyValueHeadCount: 3, contextLength: 2048, endOfText: [0])
let tokens = 1024

registerOperators(tokens: tokens, shape: shape, pool: pool)
registerAttention(pool: pool)
registerTrainingStep(tokens: tokens, shape: shape, pool: pool)

Benchmark.main()
