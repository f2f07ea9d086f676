import Age
import Loop
import Secrets
import Vocabulary

/// One `secrets edit`: a text in memory, an editor on it, and what becomes of it. What was edited
/// is saved, or it is kept somewhere that the operator is told of.
struct EditSession {
    let store: SecretsStore
    let keyring: Keyring
    let editor: Editor
    private(set) var start: UnsavedEdit
    /// The file that the edit was kept in before, when it goes on.
    private var kept: String?
    /// What others have changed too, since the kept edit began.
    private var conflicts: [String] = []

    init(store: SecretsStore, keyring: Keyring, editor: Editor, start: UnsavedEdit) {
        self.store = store
        self.keyring = keyring
        self.editor = editor
        self.start = start
    }

    /// Goes on with an edit that was kept, on top of what is there now.
    mutating func resume(_ edit: UnsavedEdit, from path: String, onto present: SecretsContent) {
        kept = path
        do throws(Diagnostics) {
            (start, conflicts) = try edit.merged(onto: present, environment: store.environment)
        } catch {
            // What is wrong with it is told when the editor ends, as it was before.
            start = edit
        }
    }

    /// - Returns: what was done, for the operator.
    func run() async throws -> String {
        let memory = try PrivateMemory { Environment[$0] }
        Interrupts.beforeEnding { memory.remove() }
        defer {
            memory.remove()
            Interrupts.beforeEnding(nil)
        }
        var text = start.text
        while true {
            let edited = try await edit(text, in: memory)
            if isSame(edited, start.text) {
                if kept == nil { return "Nothing changed." }
                if !conflicts.isEmpty { throw undecided }
            }
            text = edited
            let change: SecretsChange
            do throws(Diagnostics) {
                change = try EditableSecrets.change(from: start.base, to: text)
            } catch {
                try await tellAndAsk(error, text, memory)
                continue
            }
            do {
                return try await commit(change)
            } catch {
                throw await rescued(error, text, memory)
            }
        }
    }

    // MARK: - Editing

    private func edit(
        _ text: Sensitive<[UInt8]>, in memory: PrivateMemory
    ) async throws -> Sensitive<[UInt8]> {
        let path = try await BlockingPool.shared.run { [store] in
            try memory.write(text, to: "\(store.environment).yaml")
        }
        do {
            try await letEdit(path)
            return try await BlockingPool.shared.run { try memory.read(path) }
        } catch {
            let last = await BlockingPool.shared.run { (try? memory.read(path)) ?? text }
            throw isSame(last, start.text) ? error : await rescued(error, last, memory)
        }
    }

    private func letEdit(_ path: String) async throws {
        let status: Int32
        do {
            status = try await ForegroundProgram.run(
                ["/bin/sh", "-c", editor.script, "edit", path])
        } catch let error as SystemError {
            throw Diagnostic(.editFailed, "the editor cannot be started: \(error.reason)")
        }
        guard status == 0 else {
            throw Diagnostic(
                .editFailed, "the editor ended with status \(status); nothing was changed")
        }
    }

    private func tellAndAsk(
        _ problems: Diagnostics, _ text: Sensitive<[UInt8]>, _ memory: PrivateMemory
    ) async throws {
        for problem in problems.sorted {
            // Without the line itself: it may be a secret.
            Stream.error.line(
                problem.rendered(styled: Stream.error.isStyled) { _ in nil } + "\n")
        }
        guard try await TerminalPrompt.confirms("Edit it again?") else {
            let problem = Diagnostic(
                .editFailed, "the edited text has \(counted(problems.all.count, "error"))")
            throw await rescued(problem, text, memory)
        }
    }

    private var undecided: Diagnostic {
        Diagnostic(
            .secretsConflict,
            "others have changed \(conflicts.map { "`\($0)`" }.joined(separator: ", ")) too, "
                + "and the text was left as it is",
            help: "Nothing was written. Save the text without the notes that say CONFLICT, and "
                + "with the values that count: " + again(kept ?? ""))
    }

    private func isSame(_ left: Sensitive<[UInt8]>, _ right: Sensitive<[UInt8]>) -> Bool {
        left.withExposed { left in right.withExposed { left == $0 } }
    }

    // MARK: - Saving and keeping

    private func commit(_ change: SecretsChange) async throws -> String {
        let names = change.names(changing: start.base)
        var done = "Nothing changed."
        if !names.isEmpty {
            let snapshot = try await store.commit(change, to: start.base, with: keyring)
            let what = names.map { name in
                snapshot.content[name].map { "\(name)@\($0.version)" } ?? "\(name) removed"
            }
            done = "\(what.joined(separator: ", ")), serial \(snapshot.content.serial)."
        }
        if let kept {
            do {
                try await store.discardUnsavedEdit(at: kept)
            } catch let problem as Diagnostic {
                done += " The kept edit can go: \(problem.message)"
            }
        }
        return done
    }

    /// The error, with where the text is now.
    private func rescued(
        _ error: any Error, _ text: Sensitive<[UInt8]>, _ memory: PrivateMemory
    ) async -> any Error {
        let place = await keep(UnsavedEdit(base: start.base, text: text), memory)
        var problem: Diagnostic
        switch error {
        case let conflict as SecretsConflict: problem = conflict.diagnostic
        case let diagnostic as Diagnostic: problem = diagnostic
        default:
            Stream.error.line(place)
            return error
        }
        problem.help = [problem.help, place].compactMap(\.self).joined(separator: " ")
        return problem
    }

    private func keep(_ edit: UnsavedEdit, _ memory: PrivateMemory) async -> String {
        do {
            let path = try await store.keep(edit)
            return "The text is kept, encrypted; go on with it: \(again(path))"
        } catch {
            let reason = (error as? Diagnostic)?.message ?? "\(error)"
            let path = await BlockingPool.shared.run { memory.leave(edit) }
            return "The text cannot be kept beside secrets.age (\(reason)). It is in memory, for "
                + "you alone, until you log out or this machine restarts; go on with it: "
                + again(path)
        }
    }

    private func again(_ path: String) -> String {
        "finflowctl secrets edit --env \(store.environment) --from \(path.visible)"
    }
}
