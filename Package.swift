// swift-tools-version: 6.2
import PackageDescription

// The targets stand in the order of docs/ARCHITECTURE.md: each may import only what stands above it.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]
let testSettings: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let cSettings: [CSetting] = [.treatAllWarnings(as: .error)]
// Tests compute a great deal in some targets, many times as fast where those are optimised. Overflow, bounds and preconditions
// are checked all the same.
let optimized: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]
let kernelSettings = cSettings + [.unsafeFlags(["-O2"], .when(configuration: .debug))]

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")

func module(_ name: String, _ dependencies: [Target.Dependency] = [], computes: Bool = false) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings + (computes ? optimized : []))
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], computes: Bool = false) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.target(name: name), "TestSupport"] + dependencies,
        swiftSettings: testSettings + (computes ? optimized : [])
    )
}

let package = Package(
    name: "ponder",
    products: [.executable(name: "ponder", targets: ["ponder"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["JSON", "YAML"]),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        // Configuration's trait brings it. SwiftPM 6.2 finds it only where it is named here, too:
        // https://github.com/swiftlang/swift-package-manager/issues/9286, and issue 10397 for later ones.
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // L0: C and system libraries
        .target(name: "CLinux", cSettings: cSettings),
        .target(name: "CKernels", cSettings: kernelSettings),
        .target(name: "BuiltinModel", exclude: ["model.gguf"], cSettings: cSettings),
        .target(name: "CWebPage", exclude: ["page"], cSettings: cSettings),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        module("Tokens"),

        // L1
        module("JSON", computes: true),
        module("TLS", ["COpenSSL"]),
        module("Sockets", ["CLinux", "TLS"]),
        module("Compute", ["CKernels", "CLinux"]),
        module("Terminal", ["CLinux"]),
        module("Telemetry", [metrics]),

        // L2
        module("HTTP", ["TLS", "Sockets", "CZlib", httpTypes, logging, metrics]),
        module("HTTPClient", ["TLS", "Sockets"]),
        module("Templates", ["JSON"], computes: true),
        module("Tokenization", ["Tokens", "JSON"], computes: true),
        module("Checkpoints", ["CLinux", "JSON"]),
        module("Sampling", ["Tokens", "Compute"], computes: true),

        // L3
        module("Models", ["Tokens", "Compute", "Checkpoints", "JSON"]),
        module("Chat", ["Tokens", "Templates", "Tokenization", "Sampling", "JSON"]),

        module("ModelHub", ["TLS", "HTTPClient", "JSON", "COpenSSL"]),
        module("ConstrainedDecoding", ["Tokens", "Sampling", "Tokenization", "JSON"], computes: true),

        // L4
        module("Engine", ["Tokens", "Compute", "Models", "Sampling", "Telemetry"]),

        // L5
        module(
            "Serving",
            [
                "Tokens", "Engine", "Chat", "ConstrainedDecoding", "Tokenization", "Sampling", "Models", "Checkpoints",
                "Compute", "JSON", "Telemetry",
            ]
        ),

        module("Doctor", ["HTTPClient", "TLS", "JSON"]),
        module("Benchmarks", ["Tokens", "Models", "Checkpoints", "Compute", "HTTPClient", "TLS", "JSON"]),

        // L6
        module(
            "APIDoors",
            [
                "COpenSSL", "Tokens", "Sampling", "Serving", "Engine", "HTTP", "Sockets", "JSON", "Telemetry",
                httpTypes, logging,
            ]),
        module(
            "OpenAIAPI",
            [
                "APIDoors", "Tokens", "Serving", "Chat", "ConstrainedDecoding", "Sampling", "Models", "Engine", "HTTP",
                "JSON",
                "Telemetry", httpTypes,
            ]
        ),

        module("AnthropicAPI", ["APIDoors", "Serving", "Chat", "ConstrainedDecoding", "HTTP", "JSON", httpTypes]),
        module(
            "OllamaAPI",
            [
                "APIDoors", "Serving", "Chat", "ConstrainedDecoding", "Engine", "ModelHub", "Models", "Sampling",
                "HTTP",
                "JSON", httpTypes,
            ]),
        module("WebPage", ["COpenSSL", "CWebPage", "APIDoors", "HTTP", "JSON", httpTypes]),

        // L7
        .executableTarget(
            name: "ponder",
            dependencies: [
                "APIDoors", "OpenAIAPI", "AnthropicAPI", "OllamaAPI", "WebPage", "Benchmarks", "Doctor", "Serving",
                "HTTP",
                "HTTPClient",
                "ModelHub", "Sockets", "TLS",
                "Engine", "Models",
                "Checkpoints", "Compute", "Terminal",
                "Chat",
                "ConstrainedDecoding", "Tokenization", "Templates", "Sampling", "Tokens", "JSON", "BuiltinModel",
                "CLinux", "COpenSSL", "CZlib", "Telemetry",
                arguments, configuration, yaml, logging, metrics, httpTypes,
            ],
            swiftSettings: settings
        ),

        // Tests, one target a module
        .target(
            name: "TestSupport",
            dependencies: ["Tokens", "JSON", "Models", "Sampling", "Compute", "TLS"],
            path: "Tests/TestSupport",
            swiftSettings: testSettings + optimized
        ),
        .target(
            name: "ServingTestSupport",
            dependencies: [
                "TestSupport", "Tokens", "Serving", "Engine", "Chat", "Tokenization", "Sampling", "Models", "APIDoors",
                "HTTP", "JSON", httpTypes,
            ],
            path: "Tests/ServingTestSupport",
            swiftSettings: testSettings
        ),
        tests("JSON"),
        tests("TLS", ["Sockets"]),
        tests("Sockets"),
        tests("Compute", ["CKernels", "COpenBLAS"], computes: true),
        tests("Terminal"),
        tests("Telemetry", [metrics]),
        tests("HTTPClient", ["HTTP", "Sockets", "TLS", httpTypes, logging]),
        tests("HTTP", ["Sockets", "TLS", "CZlib", httpTypes, logging]),
        tests("Templates", ["JSON"]),
        tests("Tokenization", ["Tokens", "JSON"]),
        tests("Checkpoints", ["JSON"]),
        tests("Sampling", ["Tokens", "Compute"]),
        tests("Models", ["Tokens", "Compute", "Checkpoints", "JSON"]),
        tests("ModelHub", ["HTTP", "HTTPClient", "Sockets", "TLS", "JSON", httpTypes, logging]),
        tests("Chat", ["Tokens", "Templates", "Tokenization", "Sampling", "JSON"]),
        tests("ConstrainedDecoding", ["Tokens", "Sampling", "Tokenization", "JSON"]),
        tests("Engine", ["Tokens", "Models", "Sampling", "Compute", "Checkpoints", "Telemetry"]),
        tests("Doctor", ["JSON"]),
        tests(
            "Benchmarks",
            ["Models", "Compute", "Checkpoints", "HTTP", "HTTPClient", "Sockets", "JSON", httpTypes, logging]),
        tests(
            "Serving",
            [
                "ServingTestSupport", "Tokens", "Engine", "Chat", "ConstrainedDecoding", "Sampling", "Models",
                "Checkpoints",
                "JSON", "Tokenization", "Telemetry",
            ]),
        tests("APIDoors", ["Serving", "HTTP", "CZlib", httpTypes]),
        tests(
            "OpenAIAPI",
            [
                "APIDoors", "ServingTestSupport", "Tokens", "Serving", "Engine", "Chat", "Models", "Sampling", "HTTP",
                "Sockets",
                "JSON", httpTypes, logging,
            ]
        ),
        tests(
            "AnthropicAPI",
            ["APIDoors", "ServingTestSupport", "Tokens", "Serving", "Chat", "HTTP", "JSON", httpTypes]),
        tests(
            "OllamaAPI",
            ["APIDoors", "ServingTestSupport", "Tokens", "Serving", "Chat", "HTTP", "JSON", httpTypes]),
        tests("WebPage", ["APIDoors", "CWebPage", "ServingTestSupport", "HTTP", "JSON", httpTypes]),
        .testTarget(
            name: "PonderTests",
            dependencies: [
                "ponder", "TestSupport", "APIDoors", "HTTP", "Checkpoints", "Compute", "Models", "Serving", "Chat",
                "Terminal",
                "HTTPClient", "JSON", "ModelHub", "Telemetry", "TLS",
                "Tokens", arguments, logging,
            ],
            swiftSettings: testSettings
        ),
    ],
    cLanguageStandard: .c2x
)

// Only `scripts/fuzz` asks for it: it links with libFuzzer, which an ordinary build does without.
if Context.environment["PONDER_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "HTTP", "JSON", "Checkpoints", "Models", "Tokenization", "Templates", "ConstrainedDecoding", "Chat",
                "Sampling", "Tokens",
            ],
            path: "Tests/Fuzz",
            exclude: ["Seeds", "Dictionaries"],
            swiftSettings: testSettings
        )
    )
}
