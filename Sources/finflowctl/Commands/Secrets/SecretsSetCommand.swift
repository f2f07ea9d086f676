import Age
import ArgumentParser
import Glibc
import Loop
import Secrets
import Vocabulary

struct SecretsSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Give a credential a value, from standard input or asked for.",
        discussion: """
            Examples:
              finflowctl secrets set sudo_password --env staging             asks, twice
              finflowctl secrets set api_key --env staging <api-key.txt
              finflowctl secrets set payments_db_password --env staging --generate 32

            The value is never an argument, which everybody on the machine could see. Of a value \
            of one line the line's end is left out; of several lines every byte is kept. The \
            version increases when the value is another one.
            """)

    @OptionGroup var options: SecretsOptions

    @Option(
        help: ArgumentHelp(
            "Make a random value of so many letters and digits.", valueName: "length"))
    var generate: Int?

    @Argument(help: "The name: lowercase letters, digits and `_`.")
    var name: String

    func validate() throws {
        if let generate, !(8...1024).contains(generate) {
            throw ValidationError("--generate makes 8 to 1024 characters")
        }
        if options.identity.identity == "-", generate == nil {
            throw ValidationError(
                "standard input is where the value comes from; --identity has to name a file")
        }
    }

    func run() async throws {
        let store = options.store
        let saved = try await failing { () -> String in
            try CredentialValue.check(name: name)
            // The key first, and all that would stand in the way: nobody types a value for
            // nothing.
            let keyring = try await options.identity.keyring(for: store)
            try await store.check(writingOver: try await store.readOrNew(with: keyring))
            let value = try await value()
            // Only now what the change is made to: a prompt may have stood open for an hour.
            let base = try await store.readOrNew(with: keyring)
            let old = base.content[name]?.version
            let snapshot = try await store.commit(
                SecretsChange(values: [name: value]), to: base, with: keyring)
            let version = snapshot.content[name]?.version ?? 0
            return version == old
                ? "\(name)@\(version) has this value already."
                : "\(name)@\(version) is set, serial \(snapshot.content.serial)."
        }
        Stream.error.line(saved)
    }

    private func value() async throws -> Sensitive<String> {
        if let generate { return CredentialValue.random(length: generate) }
        guard isatty(STDIN_FILENO) == 1 else {
            let bytes = await BlockingPool.shared.run { StandardInput.contents() }
            return try CredentialValue.read(bytes, for: name)
        }
        guard let typed = try await TerminalPrompt.newSecret("Value of \(name)") else {
            throw ValidationError("no terminal to ask for the value on")
        }
        return try CredentialValue.read(typed.map { Array($0.utf8) }, for: name)
    }
}

/// Standard input, read whole. Blocking.
enum StandardInput {
    /// Beyond a value's longest it is refused anyway.
    private static let enough = CredentialValue.longest.bytes + 2

    static func contents() -> Sensitive<[UInt8]> {
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while result.count < enough {
            let count = read(STDIN_FILENO, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            result += piece[..<count]
        }
        return Sensitive(result)
    }
}
