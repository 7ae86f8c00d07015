// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Client",
    dependencies: [.package(name: "Chainrule", path: "../../..")],
    targets: [
        .executableTarget(name: "client", dependencies: [.product(name: "Chainrule", package: "Chainrule")])
    ]
)
