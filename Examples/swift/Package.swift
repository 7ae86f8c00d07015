// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Examples",
    dependencies: [.package(name: "Chainrule", path: "../..")],
    targets: [
        .executableTarget(name: "digits", dependencies: [.product(name: "Chainrule", package: "Chainrule")])
    ]
)
