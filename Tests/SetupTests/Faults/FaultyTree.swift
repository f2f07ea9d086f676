import Lab
import Loop
import Testing

/// A tree that a role with a task of each kind of change makes below a directory of this
/// machine, or of a host of the lab, and what must be true of it after any fault.
struct FaultyTree {
    let program: Program
    /// Where the tree lies, and what its host remembers.
    let root: String
    /// `nil` is this machine.
    var host: LabHost?

    /// What a run begins with.
    enum Start: String, CaseIterable {
        /// Nothing: all of it is made.
        case nothing
        /// The tree of another text: most of it is changed, and the handler is due.
        case another
    }

    private static let role = """
        vars: { text: one }
        tasks:
          - id: tree
            directory: { path: ROOT/tree, mode: "0755" }
          - id: configuration
            file: { path: ROOT/tree/configuration, content: "{{ text }}\\n", mode: "0640" }
            notify: [reread]
          - id: rendered
            template: { source: rendered, path: ROOT/tree/rendered, validate: "grep -q . %s" }
            notify: [reread]
          - id: large
            file: { path: ROOT/tree/large, source: "large-{{ text }}" }
          - id: small
            file: { path: ROOT/tree/small, source: "small-{{ text }}" }
          - id: line
            line: { path: ROOT/tree/edited, line: "text={{ text }}", match: "^text=", create: true }
          - id: block
            after: [line]
            block: { path: ROOT/tree/edited, content: "block {{ text }}", create: true }
          - id: link
            symlink: { path: ROOT/tree/link, target: "{{ text }}" }
          - id: unpacked
            archive: { source: "{{ text }}.tar.gz", path: ROOT/tree/unpacked }
          - id: stamped
            after: [tree]
            command:
              run: "echo {{ text }} >ROOT/tree/half && mv ROOT/tree/half ROOT/tree/stamped"
              stamp: "{{ text }}"
          - id: fed
            after: [tree]
            command:
              run: "cat >ROOT/tree/half-fed && mv ROOT/tree/half-fed ROOT/tree/fed"
              stdin: "{{ text }}\\n{{ text }} again\\n"
              stamp: "{{ text }}"
        handlers:
          - id: reread
            command:
              run: "cat ROOT/tree/configuration ROOT/tree/rendered >ROOT/tree/loaded"
              always: true
        """

    /// What the role takes from the controller, in two versions of which neither is the other's
    /// beginning.
    private static let files = """
        set -e
        cd "$1/roles/test"
        mkdir -p files templates
        echo 'rendered {{ text }}' >templates/rendered
        for text in one two; do
          yes "$text" | head --bytes=200000 >files/large-$text
          printf 'a\\0%s' "$text" >files/small-$text
          mkdir -p $text/kept
          echo "$text" >$text/kept/file
          echo "$text" >$text/only-$text
          tar -C $text -czf files/$text.tar.gz .
        done
        """

    static func with(_ body: (FaultyTree) async throws -> Void) async throws {
        try await Program.withLocalRole(role) { program, root in
            let tree = FaultyTree(program: program, root: root)
            try await tree.makeFiles(in: program.playbooks)
            try await body(tree)
        }
    }

    /// The same on a host over SSH.
    static func with(_ host: LabHost, _ body: (FaultyTree) async throws -> Void) async throws {
        let root = "/srv/faulty"
        let role = role.replacing("ROOT", with: root)
        try await LabPlaybooks.withRole(role, on: [host]) { program in
            try LabPlaybooks.set("state_directory: \(root)/state", on: [host], in: program)
            let tree = FaultyTree(program: program, root: root, host: host)
            try await tree.shell("mkdir -p \"$1\"")
            try await tree.makeFiles(in: program.playbooks)
            try await body(tree)
        }
    }

    private func makeFiles(in playbooks: String) async throws {
        let made = try await ChildProcess.collect(
            Command("bash", ["-c", Self.files, "bash", playbooks]))
        try #require(made.exit.isSuccess, "\(made.errorText)")
    }

    /// Makes what runs begin with, and keeps it for ``begin()``.
    func prepare(_ start: Start) async throws {
        if start == .another {
            let made = try await program.run(run(of: "one"))
            try #require(made.status == 0, "\(made.output)\(made.error)")
        }
        try await keepAsStart()
    }

    func keepAsStart() async throws {
        try await shell(
            """
            rm -rf "$1/start"; mkdir "$1/start"
            for part in tree state; do [ ! -d "$1/$part" ] || cp -a "$1/$part" "$1/start/"; done
            """)
    }

    func begin() async throws {
        try await shell(#"rm -rf "$1/tree" "$1/state"; cp -a "$1/start/." "$1/""#)
    }

    /// What an undisturbed run makes of `start`, which is then kept for ``begin()``.
    func wanted(_ start: Start) async throws -> [String] {
        try await prepare(start)
        let undisturbed = try await program.run(setup)
        try #require(undisturbed.status == 0, "\(undisturbed.output)\(undisturbed.error)")
        return try await picture()
    }

    /// The run that is disturbed, and that mends.
    var setup: [String] { run(of: "two") }

    private func run(of text: String) -> [String] {
        let words = ["setup", "--set", "text=\(text)", "--json"]
        return host == nil ? words : words + ["--env", "lab"] + locks
    }

    /// A killed run's lock ends soon, and what it left under way on the host a little later.
    private let locks = ["--lock-expiry", "2", "--lock-wait", "10"]

    /// What must hold once a disturbed run is over: one more run ends well, the one behind it
    /// finds nothing to do, and nothing is left that only was there on the way.
    ///
    /// - Parameter isAnother: the one that mends cannot know that the disturbed run has ended,
    ///   and has to wait for the end of its lock.
    func expectRecovery(
        to wanted: [String], after fault: some CustomStringConvertible,
        byAnother isAnother: Bool = false,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let mending =
            isAnother ? try await program.runElsewhere(setup) : try await program.run(setup)
        #expect(
            mending.status == 0, "\(fault): \(mending.output.suffix(2000))\(mending.error)",
            sourceLocation: location)
        let last = try await program.run(setup)
        #expect(last.status == 0, "\(fault)", sourceLocation: location)
        #expect(last.changed == [], "\(fault)", sourceLocation: location)
        let found = HostPicture(lines: try await picture())
        let differences = HostPicture(lines: wanted).differences(to: found)
        #expect(differences == [], "\(fault)", sourceLocation: location)
        let left = try await leftovers()
        #expect(left == [], "\(fault)", sourceLocation: location)
        try await expectUnlocked(after: fault, location)
    }

    /// A run that found nothing left to do needs no lock, and leaves that of the one that was
    /// killed at its very end: it must be in nobody's way.
    private func expectUnlocked(
        after fault: some CustomStringConvertible, _ location: SourceLocation
    ) async throws {
        let held = try await shell("grep -L '\"released\"' \"$1/state/lock\" || :")
        guard !held.isEmpty else { return }
        try await shell("rm \"$1/tree/link\"")
        let changing = try await program.run(setup)
        #expect(changing.status == 0, "\(fault)", sourceLocation: location)
        #expect(changing.changed.count == 1, "\(fault)", sourceLocation: location)
        let lock = try await shell("grep -c '\"released\"' \"$1/state/lock\"")
        #expect(lock == ["1"], "\(fault)", sourceLocation: location)
    }

    /// Names, kinds, modes, targets and contents.
    func picture() async throws -> [String] {
        try await shell(
            """
            cd "$1/tree"
            find . -printf '%m %y %p %l\\n' | sort
            find . -type f ! -name "*.manifest" -print0 | sort -z | xargs -0 sha256sum
            """)
    }

    /// Files that a run makes and takes away again.
    func leftovers() async throws -> [String] {
        try await shell(
            """
            cd "$1"
            find tree state \\( -name '.finflow-*' ! -name '*.manifest' ! -name '*.contents' \\) \
            -o -name '.new' -o -name '*.new' -o \\( -name 'key.*' ! -name key.damaged \\) -o -name '*.tar' -o -name 'half*'
            \(host == nil ? "" : "find /run /tmp /root /home -xdev -name '.finflow-*'")
            """)
    }

    @discardableResult
    func shell(_ script: String) async throws -> [String] {
        let result =
            if let host {
                try await host.inspect("set -- \(root)\n\(script)")
            } else {
                try await ChildProcess.collect(Command("bash", ["-c", script, "bash", root]))
            }
        try #require(result.exit.isSuccess, "\(result.errorText)")
        return result.outputText.split(separator: "\n").map(String.init)
    }
}
