import Age
import Loop
import Secrets
import Vocabulary

/// One `secrets edit`: a text in memory, an editor on it, and what becomes of it.
struct EditSession {
    let store: SecretsStore
    let base: SecretsStore.Snapshot
    let keyring: Keyring
    let editor: String

    /// - Returns: what was done, for the operator.
    func run(_ start: Sensitive<[UInt8]>, isResumed: Bool) async throws -> String {
        let memory = try PrivateMemory { Environment[$0] }
        Interrupts.beforeEnding { memory.remove() }
        defer {
            memory.remove()
            Interrupts.beforeEnding(nil)
        }
        var text = start
        while true {
            let edited = try await edit(text, in: memory)
            if !isResumed, isSame(edited, start) { return "Nothing changed." }
            text = edited
            do {
                let change = try EditableSecrets.change(from: base.content, to: text)
                return try await commit(change, text)
            } catch let problems as Diagnostics {
                for problem in problems.sorted {
                    // Without the line itself: it may be a secret.
                    Stream.error.line(
                        problem.rendered(styled: Stream.error.isStyled) { _ in nil } + "\n")
                }
                guard try await TerminalPrompt.confirms("Edit it again?") else {
                    throw Diagnostic(
                        .editFailed, "the edited text has \(counted(problems.all.count, "error"))",
                        help: try await kept(text))
                }
            }
        }
    }

    private func edit(
        _ text: Sensitive<[UInt8]>, in memory: PrivateMemory
    ) async throws -> Sensitive<[UInt8]> {
        let path = try await BlockingPool.shared.run { [store] in
            try memory.write(text, to: "\(store.environment).yaml")
        }
        let status: Int32
        do {
            // As git does it: the variable may hold options, and is a piece of shell.
            status = try await ForegroundProgram.run(
                ["/bin/sh", "-c", "exec \(editor)\(options) \"$1\"", "edit", path])
        } catch let error as SystemError {
            throw Diagnostic(.editFailed, "the editor cannot be started: \(error.reason)")
        }
        guard status == 0 else {
            throw Diagnostic(
                .editFailed, "the editor ended with status \(status); nothing was changed")
        }
        return try await BlockingPool.shared.run { try memory.read(path) }
    }

    /// Vim would keep what passes through its registers in ~/.viminfo, and undo files on disk.
    private var options: String {
        let word = editor.split(separator: " ").first ?? ""
        let name = word.split(separator: "/").last ?? ""
        return ["vim", "nvim"].contains(name)
            ? " -n -i NONE --cmd 'set noundofile nobackup nowritebackup'" : ""
    }

    private func commit(
        _ change: SecretsChange, _ text: Sensitive<[UInt8]>
    ) async throws -> String {
        let names = change.names(changing: base.content)
        guard !names.isEmpty else { return "Nothing changed." }
        do {
            let snapshot = try await store.commit(change, to: base, with: keyring)
            let what = names.map { name in
                snapshot.content[name].map { "\(name)@\($0.version)" } ?? "\(name) removed"
            }
            return "\(what.joined(separator: ", ")), serial \(snapshot.content.serial)."
        } catch let conflict as SecretsConflict {
            var diagnostic = conflict.diagnostic
            diagnostic.help = try await kept(text)
            throw diagnostic
        }
    }

    private func kept(_ text: Sensitive<[UInt8]>) async throws -> String {
        let path = try await store.keep(text, for: base.content)
        return "The text is kept, encrypted; go on with it: "
            + "finflowctl secrets edit --env \(store.environment) --from \(path.visible)"
    }

    private func isSame(_ left: Sensitive<[UInt8]>, _ right: Sensitive<[UInt8]>) -> Bool {
        left.withExposed { left in right.withExposed { left == $0 } }
    }
}
