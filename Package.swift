// swift-tools-version: 6.1
import PackageDescription

// The debug configuration, which a plain `swift run` builds, must run at release speed: a training run
// is minutes of arithmetic. Unsafe flags are refused in a versioned dependency, and a dependent package
// chooses its own optimisation, so they are given only where this package is not a checked-out dependency.
let isCheckedOutDependency =
  Context.packageDirectory.contains("/.build/checkouts/")
  || Context.packageDirectory.contains("/SourcePackages/checkouts/")

let swiftSettings: [SwiftSetting] =
  isCheckedOutDependency
  ? []
  : [
    .unsafeFlags(
      ["-O", "-whole-module-optimization", "-num-threads", "2", "-disable-batch-mode"],
      .when(configuration: .debug))
  ]

let cSettings: [CSetting] =
  isCheckedOutDependency ? [] : [.unsafeFlags(["-O3"])]

let package = Package(
  name: "lora-train",
  products: [
    .executable(name: "lora-train", targets: ["LoraTrainCommand"]),
    .executable(name: "ghost", targets: ["GhostCommand"]),
    .library(name: "Tensor", targets: ["Tensor"]),
    .library(name: "Model", targets: ["Model"]),
    .library(name: "Train", targets: ["Train"]),
    .library(name: "Ghost", targets: ["Ghost"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-crypto", "3.12.0"..<"5.0.0"),
    .package(url: "https://github.com/jpsim/Yams", "5.0.1"..<"7.0.0"),
  ],
  targets: [
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .target(name: "CKernels", cSettings: cSettings),
    .target(
      name: "Files", dependencies: [.product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: swiftSettings),
    .target(
      name: "Tensor", dependencies: ["COpenBLAS", "CKernels"], swiftSettings: swiftSettings),
    .target(name: "Checkpoint", dependencies: ["Files", "Tensor"], swiftSettings: swiftSettings),
    .target(name: "Tokenizer", dependencies: ["Files"], swiftSettings: swiftSettings),
    .target(
      name: "Model", dependencies: ["Tensor", "Checkpoint", "Tokenizer"],
      swiftSettings: swiftSettings),
    .target(
      name: "Train", dependencies: ["Model", .product(name: "Yams", package: "Yams")],
      swiftSettings: swiftSettings),
    .target(
      name: "Ghost", dependencies: ["Train", .product(name: "Yams", package: "Yams")],
      swiftSettings: swiftSettings),
    .target(
      name: "Prepare", dependencies: ["Train", .product(name: "Yams", package: "Yams")],
      swiftSettings: swiftSettings),
    .target(
      name: "Flags",
      dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "LoraTrainCommand",
      dependencies: [
        "Flags", "Files", "Model", "Train", "Prepare",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "GhostCommand",
      dependencies: [
        "Flags", "Files", "Model", "Train", "Ghost",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swiftSettings),
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport"]),
    .testTarget(name: "TensorTests", dependencies: ["Tensor", "CKernels"]),
    .testTarget(name: "CheckpointTests", dependencies: ["Checkpoint", "TestSupport"]),
    .testTarget(
      name: "TokenizerTests", dependencies: ["Tokenizer", "TestSupport"]),
    .testTarget(name: "ModelTests", dependencies: ["Model", "TestSupport"]),
    .testTarget(name: "TrainTests", dependencies: ["Train", "TestSupport"]),
    .testTarget(name: "PrepareTests", dependencies: ["Prepare", "TestSupport"]),
    .testTarget(name: "GhostTests", dependencies: ["Ghost", "Prepare", "TestSupport"]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "LoraTrainCommand", "GhostCommand", "TestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
