public import Age
import Glibc
import Loop
public import Vocabulary

/// Where the secret key comes from that opens `secrets.age`.
public struct IdentitySource: Sendable {
    private enum Place: Sendable {
        case file(String)
        case standardInput
    }

    private let place: Place
    /// Whether somebody said so, and not only the default.
    public let isNamed: Bool

    /// - Parameters:
    ///   - option: a path, or `-` for standard input.
    ///   - environment: the variables of the process.
    /// - Throws: when there is a key where a path to one should be; the error does not quote it.
    public init(
        option: String?, environment: (String) -> String?
    ) throws(Diagnostic) {
        if let option {
            guard !Self.isKey(option) else {
                throw Diagnostic(
                    .exposedIdentity, "`--identity` was given a secret key",
                    help: "It takes the name of a file. Whoever can list processes can read "
                        + "arguments, and the shell's history keeps them, so take this key for lost."
                )
            }
            place = option == "-" ? .standardInput : .file(option)
            isNamed = true
        } else if let path = environment("FINFLOW_IDENTITY"), !path.isEmpty {
            guard !Self.isKey(path) else {
                throw Diagnostic(
                    .exposedIdentity, "$FINFLOW_IDENTITY holds a secret key",
                    help:
                        "It names a file. Whoever can read a process's environment can read a key "
                        + "in it, so take this one for lost.")
            }
            place = .file(path)
            isNamed = true
        } else {
            place = .file(Self.usualPath(environment))
            isNamed = false
        }
    }

    /// Whether this is a secret key and no path.
    private static func isKey(_ text: String) -> Bool {
        text.uppercased().contains("AGE-SECRET-KEY-")
    }

    /// `~/.config/finflow/identity.txt`
    private static func usualPath(_ environment: (String) -> String?) -> String {
        let configuration =
            environment("XDG_CONFIG_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? "\(environment("HOME") ?? "")/.config"
        return "\(configuration)/finflow/identity.txt"
    }

    public var isStandardInput: Bool { if case .standardInput = place { true } else { false } }

    /// As an operator would name it.
    public var name: String {
        switch place {
        case .file(let path): path
        case .standardInput: "<standard input>"
        }
    }

    /// Whether a file is there that can be read without asking anybody for anything.
    public func isAtHand() async -> Bool {
        guard case .file(let path) = place else { return false }
        return await BlockingPool.shared.run { access(path, R_OK) == 0 }
    }

    /// The keys.
    ///
    /// - Parameter passphrase: asks for the one that protects them; `nil` where nobody can be
    ///   asked.
    public func identities(
        passphrase: (@Sendable (String) async throws -> Sensitive<String>?)
    ) async throws -> [Identity] {
        let bytes = try await contents()
        if bytes.withExposed({ Self.isEncrypted($0) }) {
            return try Self.list(try await unlocked(bytes, passphrase), name)
        }
        return try Self.list(bytes, name)
    }

    private static func list(
        _ bytes: Sensitive<[UInt8]>, _ name: String
    ) throws(Diagnostic) -> [Identity] {
        do throws(AgeError) {
            return try Identity.list(in: bytes.map { String(decoding: $0, as: UTF8.self) })
        } catch {
            throw error.diagnostic(subject: name)
        }
    }

    private static func isEncrypted(_ bytes: [UInt8]) -> Bool {
        let start = String(decoding: bytes.prefix(64), as: UTF8.self)
        return start.hasPrefix("age-encryption.org/")
            || start.drop(while: \.isWhitespace).hasPrefix("-----BEGIN AGE ENCRYPTED FILE-----")
    }

    private func unlocked(
        _ bytes: Sensitive<[UInt8]>,
        _ passphrase: (@Sendable (String) async throws -> Sensitive<String>?)
    ) async throws -> Sensitive<[UInt8]> {
        let question = "Passphrase of \(name.visible): "
        guard let text = try await passphrase(question) else {
            throw Diagnostic(
                .lockedIdentity, "the key is protected by a passphrase, and there is no terminal",
                subject: name,
                help: "For cron and CI, give the job a key of its own without one (mode 0600): "
                    + "`finflowctl secrets keygen --identity FILE`, then `recipients add` it.")
        }
        do {
            let phrase = try Passphrase(text)
            let file = bytes.withExposed { $0 }
            return try await AgeFile.decrypt(file, with: Keyring { phrase })
        } catch let error as AgeError {
            throw error.diagnostic(subject: name)
        }
    }

    // MARK: - Reading

    private func contents() async throws -> Sensitive<[UInt8]> {
        switch place {
        case .standardInput:
            return try await BlockingPool.shared.run {
                do {
                    return Sensitive(
                        try FileCalls.contents(
                            ofDescriptor: STDIN_FILENO, atMost: largestFile))
                } catch let error as SystemError {
                    throw error.diagnostic("standard input", "read")
                }
            }
        case .file(let path):
            return try await BlockingPool.shared.run { [isNamed] in
                try Self.contents(of: path, isNamed: isNamed)
            }
        }
    }

    private static func contents(of path: String, isNamed: Bool) throws -> Sensitive<[UInt8]> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path, errno, isNamed) }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else {
            throw SystemError(errno, in: "fstat").diagnostic(path, "read")
        }
        if let problem = exposure(of: path, information) { throw problem }
        do {
            return Sensitive(
                try FileCalls.contents(
                    ofDescriptor: descriptor, atMost: largestFile))
        } catch {
            throw error.diagnostic(path, "read")
        }
    }

    private static func exposure(of path: String, _ file: stat) -> Diagnostic? {
        // A pipe (`<(…)` of a shell) has no file that others could open.
        guard file.st_mode & S_IFMT == S_IFREG else { return nil }
        let mode = file.st_mode & 0o777
        if mode & 0o077 != 0 {
            return Diagnostic(
                .exposedIdentity,
                "others can read or write the secret key: its mode is 0\(String(mode, radix: 8))",
                subject: path, help: "chmod 600 \(path.quoted)")
        }
        let user = geteuid()
        if file.st_uid != user, user != 0 {
            return Diagnostic(
                .exposedIdentity, "the secret key belongs to another user", subject: path,
                help: "Use a key of your own.")
        }
        return nil
    }

    private static func unreadable(_ path: String, _ error: Int32, _ isNamed: Bool) -> Diagnostic {
        guard error == ENOENT else {
            return SystemError(error, in: "open").diagnostic(path, "read")
        }
        return Diagnostic(
            .noIdentity, "there is no secret key: no file `\(path.visible)`",
            help: isNamed
                ? "`--identity` and $FINFLOW_IDENTITY name a file with a line AGE-SECRET-KEY-1…."
                : "Name it with `--identity FILE` or $FINFLOW_IDENTITY, or make one with "
                    + "`finflowctl secrets keygen` and have somebody add it as a recipient.")
    }
}

extension String {
    /// As a word of a shell.
    fileprivate var quoted: String {
        let isPlain = utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isPlain ? self : "'\(replacing("'", with: "'\\''"))'"
    }
}
