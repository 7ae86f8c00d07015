// swift-tools-version: 6.2
import PackageDescription

// The fuzzers are a package of their own, so that ordinary builds do not carry them. `make fuzz` builds and runs them:
// Tools/fuzz passes the sanitizers' flags, which must reach the library's modules too.

let warningsAreErrors: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let library: [Target.Dependency] = [.product(name: "chainrule-static", package: "Chainrule")]

let package = Package(
    name: "Fuzz",
    dependencies: [.package(name: "Chainrule", path: "../..")],
    targets: [
        .target(name: "CFuzzer"),
        .target(name: "FuzzSupport", dependencies: library, swiftSettings: warningsAreErrors),
        .executableTarget(
            name: "FuzzModelFile", dependencies: library + ["CFuzzer", "FuzzSupport"], swiftSettings: warningsAreErrors),
        .executableTarget(
            name: "FuzzCheckpoint", dependencies: library + ["CFuzzer", "FuzzSupport"], swiftSettings: warningsAreErrors
        ),
        .executableTarget(
            name: "FuzzONNX", dependencies: library + ["CFuzzer"], swiftSettings: warningsAreErrors),
        .executableTarget(
            name: "FuzzFANN", dependencies: library + ["CFuzzer"], swiftSettings: warningsAreErrors),
        .executableTarget(
            name: "FuzzPrepared", dependencies: library + ["CFuzzer"], swiftSettings: warningsAreErrors),
        .executableTarget(
            name: "FuzzCalls", dependencies: library + ["CFuzzer", "FuzzSupport"], swiftSettings: warningsAreErrors),
    ]
)
