// swift-tools-version: 6.2
import PackageDescription

// The floors: an arrow goes down only. A target lists each module that it imports, and
// `--explicit-target-dependency-import-check error` (set in CI) keeps to that.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

func module(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
    of name: String, exclude: [String] = [], _ dependencies: Target.Dependency...
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies,
        exclude: exclude, swiftSettings: settings)
}

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let orderedCollections: Target.Dependency = .product(
    name: "OrderedCollections", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let argumentParser: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "finflowctl",
    products: [.executable(name: "finflowctl", targets: ["finflowctl"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        // Floor 0: C
        .target(name: "CLinux"),
        .target(name: "CCRC32C"),
        .systemLibrary(
            name: "CLibSSH2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev"])]),
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(
            name: "CLibArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CLibZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(
            name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

        // Floor 1: ground
        module("Vocabulary"),
        module("Loop", "Vocabulary", "CLinux"),

        // Floor 2: clients and formats
        module("SSH", "Vocabulary", "Loop", "CLinux", "CLibSSH2", crypto),
        module("Postgres", "Vocabulary", "Loop", "CLibPQ"),
        module("HTTP", "Vocabulary", "Loop", "CLibCurl"),
        module("AWS", "Vocabulary", "Loop", "HTTP", "CCRC32C", crypto),
        module("YAML", "Vocabulary", "CLibYAML"),
        module("Archive", "Vocabulary", "Loop", "CLibArchive", "CLibZstd"),
        module("Age", "Vocabulary", "Loop", crypto, cryptoExtras),

        // Floor 3: the engine
        module("TaskGraph", "Vocabulary", heap),
        module("Template", "Vocabulary", orderedCollections),
        module("Schema", "Vocabulary", "Template"),
        module("Record", "Vocabulary", "Loop", "AWS", crypto),

        // Floor 4: the playbook
        module("Hosts", "Vocabulary", "Loop", "SSH", "Template", "Schema"),
        module(
            "Resources", "Vocabulary", "Loop", "Archive", "Template", "TaskGraph", "Schema",
            "Hosts", crypto),
        module(
            "Playbook", "Vocabulary", "YAML", "Template", "TaskGraph", "Schema", "Hosts",
            "Resources", crypto),

        // Floor 5: capabilities
        module(
            "Setup", "Vocabulary", "Loop", "Template", "TaskGraph", "Schema", "Hosts", "Resources",
            "Playbook", "Record", crypto),
        module("Secrets", "Vocabulary", "Loop", "Age", "YAML", "Schema", crypto),
        module(
            "Backup", "Vocabulary", "Loop", "AWS", "Archive", "Age", "Postgres", "Schema", crypto),

        // Floor 6: the command line
        module("Report", "Vocabulary", "Record"),
        .executableTarget(
            name: "finflowctl",
            dependencies: [
                "Vocabulary", "Loop", "SSH", "HTTP", "AWS", "YAML", "Template", "TaskGraph",
                "Schema", "Hosts", "Resources", "Playbook", "Setup", "Secrets", "Backup", "Age",
                "Postgres", "Record", "Report", argumentParser,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "bench", dependencies: ["Loop", "SSH", "SimulatedHosts", argumentParser],
            swiftSettings: settings),

        // The real parts, for tests
        .target(
            name: "Lab", dependencies: ["Vocabulary", "Loop"], path: "Tests/Lab",
            exclude: ["hosts", "Kubernetes", "Scripts", "README.md"], swiftSettings: settings),
        .executableTarget(name: "killat", path: "Tests/KillAt"),
        .target(
            name: "SimulatedHosts",
            dependencies: ["Vocabulary", "TaskGraph", "Hosts", "Playbook", "Setup"],
            path: "Tests/SimulatedHosts", swiftSettings: settings),
        .target(
            name: "LabTraits", dependencies: ["Lab", "Loop"], path: "Tests/LabTraits",
            swiftSettings: settings),

        // Tests
        tests(of: "Vocabulary"),
        tests(of: "Loop", "Vocabulary", "CLinux"),
        tests(of: "SSH", "Vocabulary", "Loop", "Lab", "LabTraits"),
        tests(of: "Postgres", "Vocabulary", "Loop", "Lab", "LabTraits"),
        tests(of: "HTTP", "Vocabulary", "Loop", "Lab", "LabTraits"),
        tests(of: "AWS", "Vocabulary", "Loop", "HTTP", "Lab", "LabTraits", crypto),
        tests(of: "YAML", "Vocabulary"),
        tests(of: "Archive", "Vocabulary", "Loop", "CLibArchive", "Lab"),
        tests(of: "Age", exclude: ["Vectors"], "Vocabulary", "Loop", crypto),
        tests(of: "TaskGraph", "Vocabulary"),
        tests(of: "Template", "Vocabulary", "Loop"),
        tests(of: "Schema", "Vocabulary", "Template"),
        tests(
            of: "Record", "Vocabulary", "Loop", "HTTP", "AWS", "Lab", "LabTraits",
            "record-writer", crypto),
        tests(of: "Report", "Vocabulary", "Loop", "Record", "Lab", "LabTraits"),
        .executableTarget(
            name: "record-writer", dependencies: ["Vocabulary", "Loop", "Record"],
            path: "Tests/RecordWriter", swiftSettings: settings),
        tests(of: "Hosts", "Vocabulary", "Loop", "SSH", "Template", "Schema", "Lab", "LabTraits"),
        tests(
            of: "Resources", "Vocabulary", "Loop", "SSH", "YAML", "Template", "TaskGraph", "Schema",
            "Hosts", "Lab", "LabTraits", crypto),
        tests(
            of: "Playbook", exclude: ["BadInput"], "Vocabulary", "Loop", "YAML", "Template",
            "TaskGraph", "Schema", "Hosts", "Resources"),
        tests(
            of: "Secrets", "Vocabulary", "Loop", "Age", "Schema", "Template", "TaskGraph",
            "Hosts", "Resources", "Playbook", "Setup", "Lab", "LabTraits", "finflowctl"),
        .target(
            name: "RepositoryConformance", dependencies: ["Vocabulary", "Backup"],
            path: "Tests/RepositoryConformance", swiftSettings: settings),
        .executableTarget(
            name: "backup-writer", dependencies: ["Vocabulary", "Loop", "AWS", "Backup"],
            path: "Tests/BackupWriter", swiftSettings: settings),
        tests(
            of: "Backup", "Vocabulary", "Loop", "HTTP", "AWS", "Archive", "Age", "Postgres",
            "Playbook", "Schema", "Lab", "LabTraits", "RepositoryConformance", "backup-writer",
            "finflowctl", crypto),
        tests(of: "Lab", "LabTraits", "Loop"),
        tests(
            of: "Setup", "Vocabulary", "Loop", "HTTP", "AWS", "Record", "Hosts", "Resources",
            "Playbook", "Schema", "TaskGraph", "Template", "Lab", "LabTraits", "finflowctl",
            "killat", "SimulatedHosts"),
    ]
)
