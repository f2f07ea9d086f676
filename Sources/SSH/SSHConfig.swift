internal import Glibc
internal import Loop
internal import Vocabulary

/// ssh_config(5) files, as far as the built-in client goes: `Host` blocks with patterns,
/// `Include`, and the settings that `SSHSettings` lists. Other settings are passed over, as
/// they do not change whom one talks to; what would (`ProxyCommand`, certificates, `Match`
/// with conditions) is an error when it concerns a host.
public struct SSHConfig: Sendable {
    /// What stands where names of this machine's user do.
    struct Surroundings: Sendable {
        var home: String
        var user: String
        var agent: String?

        /// Of this process.
        static func current() -> Surroundings {
            let entry = getpwuid(getuid())
            let home =
                getenv("HOME").map { String(cString: $0) }
                ?? entry.map { String(cString: $0.pointee.pw_dir) } ?? "/"
            return Surroundings(
                home: home, user: entry.map { String(cString: $0.pointee.pw_name) } ?? "",
                agent: getenv("SSH_AUTH_SOCK").map { String(cString: $0) })
        }
    }

    indirect enum Item: Sendable {
        /// What follows holds for the hosts that match.
        case host(HostPatterns)
        /// `Match all`.
        case everyHost
        /// A condition that cannot be judged here: what follows might hold.
        case condition(SSHConfigLine)
        case setting(SSHSettings.Keyword, SSHConfigLine)
        case include([[Item]])
    }

    let files: [[Item]]
    let surroundings: Surroundings

    /// Reads the user's and the system's files, or `files`; those that do not exist are empty.
    ///
    /// - Throws: `Diagnostics` with all that is wrong in them.
    public static func load(files: [String]? = nil) async throws -> SSHConfig {
        let surroundings = Surroundings.current()
        let paths = files ?? ["\(surroundings.home)/.ssh/config", "/etc/ssh/ssh_config"]
        return try await BlockingPool.shared.run { () throws(Diagnostics) in
            var reader = SSHConfigReader(surroundings: surroundings)
            let items = paths.map { reader.readFile($0) }
            try reader.diagnostics.throwIfErrors()
            return SSHConfig(files: items, surroundings: surroundings)
        }
    }

    /// What a text says; for tests of everything but files.
    init(text: String, file: String, surroundings: Surroundings) throws(Diagnostics) {
        var reader = SSHConfigReader(surroundings: surroundings)
        let items = reader.read(text, file: file)
        try reader.diagnostics.throwIfErrors()
        self.init(files: [items], surroundings: surroundings)
    }

    private init(files: [[Item]], surroundings: Surroundings) {
        self.files = files
        self.surroundings = surroundings
    }

    /// The settings for a host by the name an operator uses.
    ///
    /// - Throws: `Diagnostic` when they hang on a condition that cannot be judged here.
    func settings(for alias: String) throws(Diagnostic) -> SSHSettings {
        var settings = SSHSettings()
        for items in files { try Self.collect(items, alias, into: &settings) }
        return settings
    }

    private static func collect(
        _ items: [Item], _ alias: String, into settings: inout SSHSettings
    ) throws(Diagnostic) {
        var holds = true
        for item in items {
            switch item {
            case .host(let patterns): holds = patterns.match(alias)
            case .everyHost: holds = true
            case .condition(let line):
                throw Diagnostic(
                    .sshUnsupported, "a conditional Match is more than the built-in client can do",
                    at: line.place, help: "Use `transport: openssh` for `\(alias.visible)`.")
            case .setting(let keyword, let line): if holds { settings.add(keyword, line) }
            // Its Host lines hold within the file, and the file only where it is included.
            case .include(let files):
                guard holds else { continue }
                for items in files { try collect(items, alias, into: &settings) }
            }
        }
    }
}
