import Glibc
import Loop
import Playbook
import Resources
import TaskGraph
import Testing
import Vocabulary

/// Mutations of a playbook that is right: whatever comes out, it is a graph or diagnostics whose
/// places lie in its files.
@Suite("Hostile playbooks")
struct HostilePlaybookTests {
    private static let files = [
        "site.yaml": """
        - hosts: all:!b
          batch: 50%
          vars: { region: eu }
          roles: [r, s, { role: s, as: two, when: big, vars: { path: /z } }]
        """,
        "environments/test/environment.yaml": """
        platform: hosts
        inventory:
          hosts: { "a-[1:3]": { vars: { big: true } }, b: {} }
          groups: { g: { hosts: [b], vars: { x: "{{ y }}" } } }
        vars: { y: 1, big: false, list: [one, { name: two }] }
        """,
        "roles/r/role.yaml": """
        role: r
        vars: { full: "{{ region }}/{{ y }}" }
        parameters: { region: { required: true } }
        tasks:
          - id: one
            for_each: "{{ list }}"
            notify: restart
            file: { path: "/x/{{ item_key }}", content: "{{ full }}" }
          - id: two
            after: [one, "a-1:s/t"]
            when: facts.os.id == "debian" and big
            outputs: { o: stdout | trim }
            command: { run: "date {{ y }}", creates: /x }
          - { id: three, template: { source: t, path: "/{{ tasks.two.o }}" } }
        handlers:
          - { id: restart, service: { name: x, state: restarted } }
        """,
        "roles/r/templates/t": "{% for i in list %}{{ i }} {{ facts.hostname }}{% endfor %}\n",
        "roles/s/role.yaml": """
        role: s
        vars: { path: /y }
        tasks: [{ id: t, tags: [a], directory: { path: "{{ path }}" } }]
        """,
    ]
    private static let words = [
        "{{", "}}", "{% if", "a", "/", "[", "]", "{", "}", ": ", ", ", "\n", "  ", "- ", "\"", "'",
        "&x ", "*x", "<<: *x", "one", "r/one", "g:r/two", "item", "facts", "tasks.two.o", "big",
        "1", "-1", "99999999999", "null", "true", "~", "!", "%", "[01:99]", "|", "\t", "é", "\0",
    ]

    /// `FINFLOW_LONG=1` runs them all, everything else a slice.
    private static let isLong = getenv("FINFLOW_LONG") != nil

    @Test(
        "1,000 mutated playbooks neither crash nor point outside their files",
        arguments: 0..<(isLong ? 40 : 1) as Range<UInt64>)
    func fuzz(run: UInt64) throws {
        var random = SeededGenerator(seed: 0xF1F0 + run)
        let folder = try PlaybookFolder(Self.files)
        #expect(folder.complaints() == "")
        let names = Self.files.keys.sorted()
        var accepted = 0
        for _ in 0..<1000 {
            let name = names.randomElement(using: &random) ?? "site.yaml"
            let original = Self.files[name] ?? ""
            var text = Array(original.unicodeScalars)
            for _ in 0..<Int.random(in: 1...3, using: &random) { mutate(&text, &random) }
            let mutated = String(String.UnicodeScalarView(text))
            try folder.write(Array(mutated.utf8), to: name)
            accepted +=
                judge(folder) { () throws(Diagnostics) in
                    _ = try folder.load().graph()
                } ? 1 : 0
            try folder.write(Array(original.utf8), to: name)
        }
        #expect((50..<950).contains(accepted))
    }

    @Test(
        "mutated bytes of the playbooks that come with finflowctl: a graph, or what is wrong where",
        arguments: 0..<(isLong ? 60 : 1) as Range<UInt64>)
    func shipped(run: UInt64) async throws {
        var random = SeededGenerator(seed: 0xB17E + run)
        let folder = try PlaybookFolder([:])
        let copied = try await ChildProcess.collect(
            Command("cp", ["-R", "\(ShippedPlaybooksTests.root)/.", folder.root]))
        #expect(copied.exit.isSuccess)
        let files = PlaybookFolder.files(below: folder.root).filter {
            !$0.hasSuffix(".md") && !$0.hasPrefix("environments/test/")
        }
        var (accepted, refused) = (0, 0)
        for round in 0..<50 {
            let name = files.randomElement(using: &random) ?? "site.yaml"
            let original = try #require(PlaybookFolder.bytes(of: "\(folder.root)/\(name)"))
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &random) { mutate(&bytes, &random) }
            try folder.write(bytes, to: name)
            let environment =
                name.hasPrefix("environments/")
                ? String(name.split(separator: "/")[1]) : round % 2 == 0 ? "local" : "production"
            let isRight = judge(folder) { () throws(Diagnostics) in
                _ = try Project.load(
                    root: folder.root, environment: environment,
                    sets: environment == "local" ? [("system", "true")] : [],
                    implied: [("prefix", "/p")], reach: .all
                ).graph()
            }
            if isRight { accepted += 1 } else { refused += 1 }
            try folder.write(original, to: name)
        }
        // Comments and texts may say anything.
        #expect(accepted > 2 && refused > 10, "\(accepted) accepted, \(refused) refused")
    }

    /// - Returns: whether the playbook was accepted.
    private func judge(
        _ folder: PlaybookFolder, _ load: () throws(Diagnostics) -> Void
    ) -> Bool {
        do throws(Diagnostics) {
            try load()
            return true
        } catch {
            #expect(error.hasErrors)
            for diagnostic in error.all {
                #expect(diagnostic.place != nil, "\(diagnostic.code) \(diagnostic.message)")
                _ = diagnostic.rendered(source: PlaybookFolder.text)
                for place in [diagnostic.place].compactMap(\.self) + diagnostic.related.map(\.place)
                {
                    #expect(place.line >= 1 && place.column >= 1, "\(diagnostic.message)")
                    #expect(place.end > place.start, "\(diagnostic.message) \(place)")
                    let count = folder.lineCount(of: place.file)
                    #expect(place.line <= (count ?? 0) + 1, "\(diagnostic.message) \(place)")
                }
            }
            return false
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let index = Int.random(in: 0...bytes.count, using: &random)
        let end = min(bytes.count, index + Int.random(in: 1...30, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes.removeSubrange(index..<end)
        case 1:
            bytes.insert(
                contentsOf: bytes[index..<end], at: Int.random(in: 0...bytes.count, using: &random))
        case 2 where index < bytes.count: bytes[index] = .random(in: 0...255, using: &random)
        case 3: bytes.removeSubrange(index...)
        default:
            let word = Self.words.randomElement(using: &random) ?? ""
            bytes.insert(contentsOf: word.utf8, at: index)
        }
    }

    private func mutate(_ text: inout [Unicode.Scalar], _ random: inout SeededGenerator) {
        let index = Int.random(in: 0...max(0, text.count - 1), using: &random)
        let end = min(text.count, index + Int.random(in: 1...12, using: &random))
        switch Int.random(in: 0..<4, using: &random) {
        case 0 where !text.isEmpty: text.removeSubrange(index..<end)
        case 1 where !text.isEmpty:
            text.insert(
                contentsOf: text[index..<end], at: Int.random(in: 0...text.count, using: &random))
        default:
            let word = Self.words.randomElement(using: &random) ?? ""
            text.insert(contentsOf: word.unicodeScalars, at: min(index, text.count))
        }
    }
}
