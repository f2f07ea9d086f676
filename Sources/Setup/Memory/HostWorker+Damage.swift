import Hosts
import Resources
public import Vocabulary

/// A file of the state directory that cannot be read.
struct DamagedFile: Hashable, Sendable {
    /// Below the state directory, as is ``aside``.
    var name: String
    /// Where it is put, for whoever wants to look at it.
    var aside: String
    /// How many of its lines, where the others are good.
    var lines: Int?
    /// What becomes of it.
    var rebuilt: String

    static let lock = DamagedFile(
        name: "lock", aside: "lock.damaged", rebuilt: "It counts as free.")
    static let key = DamagedFile(
        name: "key", aside: "key.damaged",
        rebuilt: "A new one is made, so all handlers are due and drift is known anew.")
    static let credentials = DamagedFile(
        name: AppliedCredentials.fileName, aside: "credentials.damaged",
        rebuilt: "It is written anew with what this run finds: look that secrets.age is current.")

    static func stamp(_ path: String) -> DamagedFile {
        DamagedFile(
            name: path, aside: "stamps.damaged/" + path.dropFirst("stamps/".count),
            rebuilt: "The handler is due.")
    }

    static func applied(_ lines: Int) -> DamagedFile {
        DamagedFile(
            name: "applied.ndjson", aside: "applied.damaged", lines: lines,
            rebuilt: "It is written anew with the other lines, and with what this run finds.")
    }

    static func journal(of run: RecordedRun) -> DamagedFile {
        DamagedFile(
            name: "runs/\(run.header.run).ndjson", aside: "runs/\(run.header.run).damaged",
            lines: run.damagedLines,
            rebuilt: "It keeps the other lines; what the lost ones told of is not put back.")
    }

    func diagnostic(on host: HostName, in directory: String, isMended: Bool) -> Diagnostic {
        let path = "\(directory)/\(aside)"
        let what =
            lines.map { "\($0) line\($0 == 1 ? "" : "s") of `\(name.visible)`" }
            ?? "`\(name.visible)`"
        let verb = (lines ?? 1) == 1 ? "is" : "are"
        return Diagnostic(
            .damagedState,
            isMended
                ? "\(what) \(verb) damaged; the file was set aside as \(path.visible)"
                : "\(what) \(verb) damaged; the next run that changes anything sets the file "
                    + "aside as \(path.visible)",
            subject: "host \(host)", help: rebuilt, severity: .warning)
    }
}

extension HostMemory {
    /// Its files that cannot be read, but for those of which only a part was looked at.
    var damaged: [DamagedFile] {
        (lock.isDamaged ? [.lock] : []) + (isKeyDamaged ? [.key] : [])
            + (credentials == .damaged ? [.credentials] : [])
            + stamps.filter { !HostDigest.isOne($0.value) }.keys.sorted().map(DamagedFile.stamp)
    }
}

extension HostWorker {
    /// Sets aside what the host remembers and cannot be read, and begins it anew.
    ///
    /// - Parameters:
    ///   - answers: what the host has said already.
    ///   - applying: otherwise nothing is changed.
    /// - Returns: What is to be told of it.
    func mend(_ answers: Answers, applying: Bool) async throws -> [Diagnostic] {
        var damaged = memory.damaged
        var known: AppliedStates?
        let probe = AppliedProbe(directory: directory)
        if answers.contains(probe) {
            known = try answers.answer(probe)
        } else if applying, memory.isAppliedNewer {
            known = try await observe([probe], privilege: memoryPrivilege).answer(probe)
        }
        if let known, known.damagedLines > 0 { damaged.append(.applied(known.damagedLines)) }
        if applying, !damaged.isEmpty {
            try await runOwn(setting(damaged, aside: known))
            memory.credentials = memory.credentials == .damaged ? .none : memory.credentials
            try compareCredentials()
            // What was settled goes by the file that was damaged.
            memory.settled = []
        }
        return damaged.map { $0.diagnostic(on: host.name, in: directory, isMended: applying) }
    }

    /// The same of the journal of a run that is to be undone.
    func mend(_ run: RecordedRun, applying: Bool) async throws -> Diagnostic {
        let file = DamagedFile.journal(of: run)
        if applying {
            let header = run.headerLine
            try await runOwn(
                once(
                    file,
                    Self.replacing(
                        file,
                        by: ([header] + run.goodLines.filter { $0 != header })
                            .map { $0 + "\n" }.joined())))
        }
        return file.diagnostic(on: host.name, in: directory, isMended: applying)
    }

    private func setting(_ files: [DamagedFile], aside known: AppliedStates?) -> ShellScript {
        var script: ShellScript = ""
        // These two are set aside when the lock is taken.
        for file in files where file != .lock && file != .key {
            if file.lines != nil, let known {
                script += once(file, Self.replacing(file, by: known.text))
                continue
            }
            script += once(
                file,
                """
                mkdir -p -- "$(dirname -- \(file.aside))" || exit
                [ ! -f \(file.name) ] || mv -f -- \(file.name) \(file.aside) || exit

                """)
        }
        return script
    }

    /// In the state directory, by the first name that the run has for the machine: another one
    /// that has seen the same damage would set aside what is good by now.
    private func once(_ file: DamagedFile, _ mending: ShellScript) -> ShellScript {
        """
        umask 077; cd -- \(directory) || exit
        if mkdir \(scripts.mark(for: "damaged \(file.name)")) 2>/dev/null; then
        \(mending)\
        fi

        """
    }

    /// The old file stays in place until the new one is there.
    private static func replacing(_ file: DamagedFile, by text: String) -> ShellScript {
        let (new, copy) = (file.name + ".new", file.aside + ".new")
        return """
            cat <\(file.name) >\(copy) && mv -f -- \(copy) \(file.aside) || exit
            printf %s \(text) >\(new) && mv -f -- \(new) \(file.name) || exit

            """
    }
}

extension Diagnostic.Code {
    public static let damagedState = Self(
        "FF0807", "a file that a host remembers by was damaged", status: .failed,
        explanation: """
            A host keeps what it remembers in its state directory: what was last applied \
            (`applied.ndjson`), the journals of its runs, the lock, stamps of handlers, the key \
            of its digests and the versions of credentials. A disk that was full, a copy or an \
            editor has made one of them unreadable. It is set aside under the name that the \
            message says, and made anew from what can be read and what is found on the host, so \
            nothing is to be done but to look why. A dry run only tells of it.
            """)
}
