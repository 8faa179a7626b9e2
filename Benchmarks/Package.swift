// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Benchmarks",
  dependencies: [
    .package(name: "lora-train", path: ".."),
    .package(url: "https://github.com/google/swift-benchmark", from: "0.1.2"),
  ],
  targets: [
    .executableTarget(
      name: "OperatorBenchmarks",
      dependencies: [
        .product(name: "Tensor", package: "lora-train"), .product(name: "Model", package: "lora-train"),
        .product(name: "Train", package: "lora-train"),
        .product(name: "Benchmark", package: "swift-benchmark"),
      ]),
    .executableTarget(
      name: "VoiceBenchmarks", dependencies: [.product(name: "Train", package: "lora-train")]),
  ],
  swiftLanguageModes: [.v6]
)
