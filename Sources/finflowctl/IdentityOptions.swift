import Age
import ArgumentParser
import Playbook
import Schema
import Secrets
import Vocabulary

/// The secret key that opens the credentials of an environment.
struct IdentityOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The file of the secret key that opens secrets.age, or `-` for standard input.",
            discussion:
                "Without it: the file that $FINFLOW_IDENTITY names, else ~/.config/finflow/identity.txt.",
            valueName: "file"))
    var identity: String?

    enum Need {
        case required
        /// Without asking anybody, and it is no error when they cannot be had.
        case optional
    }

    func source() throws -> IdentitySource {
        do {
            return try IdentitySource(option: identity) { Environment[$0] }
        } catch {
            throw Failure(error)
        }
    }

    /// What opens files, with the passphrase asked for on the terminal where there is one.
    func keyring() async throws -> Keyring {
        Keyring(identities: try await identities())
    }

    func identities() async throws -> [Identity] {
        try await failing {
            try await source().identities { try await TerminalPrompt.secret($0) }
        }
    }

    /// Standard input can be read for one thing only.
    func check(besides connection: ConnectionArguments) throws {
        if identity == "-", connection.becomePasswordFile == "-" {
            throw ValidationError("--identity and --become-password-file cannot both be `-`")
        }
    }

    /// The credentials of an environment, when something in it needs them.
    func credentials(
        for draft: Project.Draft, _ options: EnvironmentOptions, _ need: Need
    ) async throws -> Credentials? {
        guard draft.secretsFile != nil, !draft.secretUses.isEmpty, !draft.hasErrors else {
            return nil
        }
        let store = SecretsStore(playbooks: options.playbooks, environment: options.environment)
        switch need {
        case .required:
            do {
                let keyring = try await keyring()
                return try await failing { try await store.read(with: keyring) }.content.opened
            } catch var failure as Failure {
                failure.explain(draft.secretUses[0])
                throw failure
            }
        case .optional:
            guard let source = try? source(), await source.isAtHand(),
                let identities = try? await source.identities(passphrase: { _ in nil })
            else { return nil }
            return try? await store.read(with: Keyring(identities: identities)).content.opened
        }
    }
}

extension Failure {
    /// Says what the credentials are needed for.
    fileprivate mutating func explain(_ use: SecretUse) {
        let name = use.name.map { "`secrets.\($0)`" } ?? "`secrets`"
        diagnostics = Diagnostics(
            diagnostics.all.map { diagnostic in
                var diagnostic = diagnostic
                diagnostic.related.append(.init("\(name) is needed here", at: use.place))
                return diagnostic
            })
    }
}

/// Runs `body`; what it throws for an operator becomes a failure of the command.
func failing<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch let diagnostic as Diagnostic {
        throw Failure(diagnostic)
    } catch let conflict as SecretsConflict {
        throw Failure(conflict.diagnostic)
    }
}
