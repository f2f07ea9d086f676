public import Resources
public import Schema
public import Vocabulary

/// What plans of an undo may ask of the controller: secrets, and no files, since what is put
/// back lies on the host.
public struct UndoFiles: PlaybookFiles {
    /// Gives a text with markers the values that its credentials have now.
    public typealias Secrets =
        @Sendable (_ referenced: String, _ place: SourcePlace) throws(Diagnostics) -> SecretText

    /// With the credentials of now, where they are at hand.
    public static func secrets(of credentials: Credentials?) -> Secrets {
        { referenced, place throws(Diagnostics) in
            guard let credentials, let text = ReferencedText(referenced) else {
                throw Diagnostics([
                    Diagnostic(
                        .notKept,
                        "it holds secrets, and the secrets of the environment are not known",
                        at: place, help: "Give the identity that opens secrets.age: `--identity`.")
                ])
            }
            do {
                return try SecretText(text, with: credentials)
            } catch {
                throw Diagnostics([
                    Diagnostic(
                        .notKept, "it holds a secret that secrets.age does not have any more",
                        at: place)
                ])
            }
        }
    }

    public let stateDirectory: String
    private let secrets: Secrets

    init(stateDirectory: String, secrets: @escaping Secrets) {
        self.stateDirectory = stateDirectory
        self.secrets = secrets
    }

    public func secretText(
        of referenced: String, at place: SourcePlace
    ) throws(Diagnostics) -> SecretText {
        try secrets(referenced, place)
    }

    public func renderedTemplate(
        _ source: String, at place: SourcePlace
    ) throws(Diagnostics) -> SecretText {
        throw none(source, place)
    }

    public func digest(of source: String, at place: SourcePlace) throws(Diagnostics) -> FileDigest {
        throw none(source, place)
    }

    public func path(of source: String, at place: SourcePlace) throws(Diagnostics) -> String {
        throw none(source, place)
    }

    private func none(_ source: String, _ place: SourcePlace) -> Diagnostics {
        Diagnostics([
            Diagnostic(
                .localFileProblem, "`\(source.visible)` is no part of what the host has kept",
                at: place)
        ])
    }
}
