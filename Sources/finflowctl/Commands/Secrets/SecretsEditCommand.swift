import Age
import ArgumentParser
import Loop
import Secrets
import Vocabulary

struct SecretsEditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit",
        abstract: "Edit the credentials in your editor; the text stays in memory.",
        discussion: """
            Examples:
              finflowctl secrets edit --env staging
              VISUAL="code --wait" finflowctl secrets edit --env staging
              finflowctl secrets edit --env staging --from unsaved-edit-….age

            $VISUAL, else $EDITOR, is started on a file on a tmpfs ($XDG_RUNTIME_DIR or /dev/shm) \
            that is gone afterwards, however it ends. When somebody else writes meanwhile, changes \
            of different credentials are put together. What cannot be written is kept encrypted \
            beside secrets.age, and `--from` goes on with it: on top of what others have written \
            by then, with a note where both changed the same.
            """)

    @OptionGroup var options: SecretsOptions

    @Option(
        help: ArgumentHelp("Begin with a text that an edit before kept.", valueName: "file"))
    var from: String?

    func run() async throws {
        let store = options.store
        try await failing {
            let keyring = try await options.identity.keyring(for: store)
            let present = try await store.readOrNew(with: keyring)
            // Nobody edits for nothing.
            try await store.check(writingOver: present)
            let editor = try editor()
            var editing = EditSession(
                store: store, keyring: keyring, editor: Editor(editor),
                start: UnsavedEdit(
                    base: present.content,
                    text: EditableSecrets.text(
                        of: present.content, environment: options.environment
                    ).map { Array($0.utf8) }))
            if let from {
                let kept = try await store.unsavedEdit(at: from, with: keyring)
                editing.resume(kept, from: from, onto: present.content)
            }
            Stream.error.line(try await editing.run())
        }
    }

    private func editor() throws -> String {
        for name in ["VISUAL", "EDITOR"] {
            if let editor = Environment[name], !editor.allSatisfy(\.isWhitespace) { return editor }
        }
        throw Diagnostic(
            .editFailed, "neither $VISUAL nor $EDITOR is set",
            help: "EDITOR=vim finflowctl secrets edit, for instance; or use `secrets set`.")
    }
}
