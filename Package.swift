// swift-tools-version: 6.2
import Foundation
import PackageDescription

// Traits choose the build mode. `Embedded` builds the library that is shipped: Embedded Swift, no Swift runtime needed by the
// program that links it. `AVX2` is for tests: it limits the dispatch.
let embedded: SwiftSetting = .enableExperimentalFeature("Embedded", .when(traits: ["Embedded"]))

let warningsAreErrors: SwiftSetting = .treatAllWarnings(as: .error)

/// The shipped library is optimised for size outside the kernels, and each function can be left out on its own.
let small: SwiftSetting = .unsafeFlags(
    ["-Osize", "-Xfrontend", "-function-sections"], .when(configuration: .release, traits: ["Embedded"]))

/// Whether to build kernels for AVX2 and AVX-512 beside the baseline's. CHAINRULE_AVX=0 leaves them out: for another processor,
/// of which a cross-compiler tells a manifest nothing, or to build in half the time.
let hasAVX: Bool = {
    if let given = Context.environment["CHAINRULE_AVX"] { return given != "0" }
    #if arch(x86_64)
        return true
    #else
        return false
    #endif
}()

let common: [SwiftSetting] = [embedded, small, warningsAreErrors] + (hasAVX ? [.define("AVX")] : [])

/// Kernels alone are compiled without checks, and each instruction set's own module with the compiler flags of that set.
func kernelSettings(march: String? = nil, with extensions: [String] = []) -> [SwiftSetting] {
    var flags = ["-Ounchecked", "-Xfrontend", "-function-sections", "-Xllvm", "-unroll-runtime=0"]
    if let march { flags += ["-Xcc", "-march=\(march)"] }
    for name in extensions { flags += ["-Xcc", "-m\(name)"] }
    return [embedded, warningsAreErrors, .unsafeFlags(flags)]
}

/// In a build for release it is the library that the optimizer has been over; the tests would take it minutes.
let testSettings: [SwiftSetting] = [warningsAreErrors, .unsafeFlags(["-Onone"], .when(configuration: .release))]

/// What only the shipped shared library needs: its name, and that nothing but the C functions is visible.
let sharedLibraryFlags: LinkerSetting = .unsafeFlags(
    [
        "-use-ld=lld",
        "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/ChainruleC/exports.map",
        "-Xlinker", "-soname=libchainrule.so.0.2",  // Tools/version --soname
        "-Xlinker", "--gc-sections",
        // Instances of a generic function for different types often are the same code.
        "-Xlinker", "--icf=all",
        // Sources/CMemory
        "-Xlinker", "--wrap=posix_memalign", "-Xlinker", "--wrap=calloc", "-Xlinker", "--wrap=free",
        "-Xlinker", "-z", "-Xlinker", "defs",
        "-Xlinker", "-z", "-Xlinker", "now",
    ],
    .when(traits: ["Embedded"]))

/// Whether CPython can be embedded in the tests: whether pkg-config's file for it is there (Debian: libpython3-dev).
let hasPython: Bool = {
    let given = ProcessInfo.processInfo.environment["PKG_CONFIG_PATH"] ?? ""
    let libraries = [
        "/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib",
    ]
    return (given.split(separator: ":").map(String.init) + libraries.map { $0 + "/pkgconfig" }).contains {
        FileManager.default.fileExists(atPath: $0 + "/python3-embed.pc")
    }
}()

let package = Package(
    name: "Chainrule",
    products: [
        .library(name: "Chainrule", targets: ["Chainrule"]),
        .library(name: "chainrule", type: .dynamic, targets: ["ChainruleC"]),
        .library(name: "chainrule-static", type: .static, targets: ["ChainruleC"]),
    ],
    traits: [
        .trait(name: "Embedded", description: "Embedded Swift: the shipped C library, without a Swift runtime"),
        .trait(name: "AVX2", description: "For tests: dispatch to AVX2 at most"),
    ],
    targets: [
        .target(name: "CPlatform", linkerSettings: [.linkedLibrary("m")]),
        .target(name: "CChainrule"),
        .target(name: "CMemory"),
        .target(name: "CIntrinsics"),
        .target(name: "Kernels", dependencies: ["CIntrinsics", "CPlatform"], swiftSettings: kernelSettings()),
        .target(
            name: "KernelsAVX2", dependencies: ["CIntrinsics", "Kernels"],
            swiftSettings: kernelSettings(march: "x86-64-v3")),
        .target(
            name: "KernelsAVX512", dependencies: ["CIntrinsics", "Kernels"],
            swiftSettings: kernelSettings(march: "x86-64-v4")),
        .target(
            name: "KernelsAVX512Dot", dependencies: ["CIntrinsics", "Kernels"],
            swiftSettings: kernelSettings(march: "x86-64-v4", with: ["avx512bf16", "avx512vnni"])),
        .target(
            name: "KernelDispatch",
            dependencies: ["CPlatform", "Kernels"]
                + (hasAVX ? ["KernelsAVX2", "KernelsAVX512", "KernelsAVX512Dot"] : []),
            swiftSettings: common),
        .target(
            name: "Chainrule", dependencies: ["CMemory", "CPlatform", "Kernels", "KernelDispatch"],
            swiftSettings: common),
        .target(
            name: "ChainruleC", dependencies: ["CChainrule", "CMemory", "CPlatform", "Chainrule"],
            exclude: ["exports.map"], swiftSettings: common, linkerSettings: [sharedLibraryFlags]),
        .executableTarget(
            name: "headergen", exclude: ["introduction.txt", "template.hpp", "template.java"],
            swiftSettings: [warningsAreErrors]),
        // What tests compare with, in float64, and differentiate by its values alone. It is optimised in every build: without,
        // it took most of the tests' time.
        .target(
            name: "Reference", dependencies: ["Chainrule"], path: "Tests/Reference",
            swiftSettings: [warningsAreErrors, .unsafeFlags(["-O"])]),
        .testTarget(
            name: "KernelsTests", dependencies: ["Kernels", "KernelDispatch"], swiftSettings: testSettings),
        .testTarget(
            name: "ChainruleTests", dependencies: ["Chainrule", "KernelDispatch", "Reference"],
            exclude: [
                "Golden/make_attention.py", "Golden/make_carried.py", "Golden/make_golden.py",
                "Golden/make_sequences.py",
                "Golden/make_shapes.py",
            ],
            resources: [
                .copy("Golden/attention.json"), .copy("Golden/carried.json"), .copy("Golden/golden.json"),
                .copy("Golden/sequences.json"), .copy("Golden/shapes.json"),
            ],
            swiftSettings: testSettings),
        .testTarget(
            name: "ChainruleCTests", dependencies: ["ChainruleC", "CChainrule", "Chainrule"],
            swiftSettings: testSettings),
        .testTarget(name: "HeadergenTests", dependencies: ["headergen"], swiftSettings: testSettings),
        .testTarget(
            name: "PythonEmbeddingTests", dependencies: hasPython ? ["CPythonEmbed"] : [],
            exclude: [hasPython ? "Missing" : "Embedded"], swiftSettings: testSettings),
    ]
        + (hasPython
            ? [.systemLibrary(name: "CPythonEmbed", pkgConfig: "python3-embed", providers: [.apt(["libpython3-dev"])])]
            : [])
)

if !hasAVX { package.targets.removeAll { $0.name.hasPrefix("KernelsAVX") } }

// The source distribution for Python comes without the tests.
if !FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/Tests") {
    package.targets.removeAll { $0.type == .test || $0.name == "Reference" }
}
