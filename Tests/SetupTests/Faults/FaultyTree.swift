import Loop
import Testing

/// A tree that a role with a task of each kind of change makes below a directory of this
/// machine, and what must be true of it after any fault.
struct FaultyTree {
    let program: Program
    let root: String

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
        cd "$1/Playbooks/roles/test"
        mkdir -p files templates
        echo 'rendered {{ text }}' >templates/rendered
        for text in one two; do
          yes "$text" | head --bytes=200000 >files/large-$text
          printf 'a\\0%s' "$text" >files/small-$text
          mkdir -p "$1/$text/kept"
          echo "$text" >"$1/$text/kept/file"
          echo "$text" >"$1/$text/only-$text"
          tar -C "$1/$text" -czf files/$text.tar.gz .
        done
        """

    static func with(_ body: (FaultyTree) async throws -> Void) async throws {
        try await Program.withLocalRole(role) { program, root in
            let tree = FaultyTree(program: program, root: root)
            try await tree.shell(files)
            try await body(tree)
        }
    }

    /// Makes what runs begin with, and keeps it for ``begin()``.
    func prepare(_ start: Start) async throws {
        if start == .another {
            let made = try await program.run("setup", "--set", "text=one")
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
        let undisturbed = try await program.run(Self.setup)
        try #require(undisturbed.status == 0, "\(undisturbed.output)\(undisturbed.error)")
        return try await picture()
    }

    /// The run that is disturbed, and that mends.
    static let setup = ["setup", "--set", "text=two", "--json"]

    /// What must hold once a disturbed run is over: one more run ends well, the one behind it
    /// finds nothing to do, and nothing is left that only was there on the way.
    func expectRecovery(
        to wanted: [String], after fault: some CustomStringConvertible,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let mending = try await program.run(Self.setup)
        #expect(
            mending.status == 0, "\(fault): \(mending.output.suffix(2000))\(mending.error)",
            sourceLocation: location)
        let last = try await program.run(Self.setup)
        #expect(last.status == 0, "\(fault)", sourceLocation: location)
        #expect(last.changed == [], "\(fault)", sourceLocation: location)
        let found = HostPicture(lines: try await picture())
        let differences = HostPicture(lines: wanted).differences(to: found)
        #expect(differences == [], "\(fault)", sourceLocation: location)
        #expect(try await leftovers() == [], "\(fault)", sourceLocation: location)
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
            -o -name '.new' -o -name '*.new' -o \\( -name 'key.*' ! -name key.damaged \\) -o -name '*.tar' -o -name half
            """)
    }

    @discardableResult
    func shell(_ script: String) async throws -> [String] {
        let result = try await ChildProcess.collect(Command("bash", ["-c", script, "bash", root]))
        try #require(result.exit.isSuccess, "\(result.errorText)")
        return result.outputText.split(separator: "\n").map(String.init)
    }
}
