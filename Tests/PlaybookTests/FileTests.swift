import Playbook
import Resources
import TaskGraph
import Testing
import Vocabulary

@Suite("Files of a role")
struct FileTests {
    private static let place = SourcePlace(file: "t", line: 1, column: 1)

    private func files(_ folder: PlaybookFolder) throws -> any PlaybookFiles {
        try #require(try folder.graph()["a/r/t"]?.work.resource).files
    }

    private func folder(_ more: [String: String] = [:]) throws -> PlaybookFolder {
        try PlaybookFolder(
            [
                "roles/r/role.yaml":
                    "role: r\nvars: { n: 1 }\ntasks: [{ id: t, directory: { path: /x } }]\n"
            ].merging(more) { $1 })
    }

    private func codes(_ body: () throws(Diagnostics) -> Void) -> [String] {
        do throws(Diagnostics) {
            try body()
            return []
        } catch {
            return error.all.map(\.code.id)
        }
    }

    @Test("a template sees the variables of the task")
    func template() throws {
        let folder = try folder(["roles/r/templates/x": "n={{ n }}\n"])
        let files = try files(folder)
        defer { withExtendedLifetime(folder) {} }
        #expect(try files.renderedTemplate("x", at: Self.place).shown == "n=1\n")
    }

    @Test("a digest is that of the content, and of the new content when the file changes")
    func digest() throws {
        let folder = try folder(["roles/r/files/x": "abc"])
        let files = try files(folder)
        defer { withExtendedLifetime(folder) {} }
        let digest = try files.digest(of: "x", at: Self.place)
        #expect(
            digest.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(digest.size == 3)
        try folder.write(Array("longer".utf8), to: "roles/r/files/x")
        #expect(try files.digest(of: "x", at: Self.place).size == 6)
    }

    @Test("a link that leads out of the role is not followed, one within it is")
    func links() throws {
        let folder = try folder(["roles/r/files/x": "abc", "secret": "s"])
        try folder.link("roles/r/files/out", to: "../../../secret")
        try folder.link("roles/r/files/in", to: "x")
        let files = try files(folder)
        defer { withExtendedLifetime(folder) {} }
        #expect(
            codes { () throws(Diagnostics) in _ = try files.path(of: "out", at: Self.place) } == [
                "FF0211"
            ])
        #expect(try files.path(of: "in", at: Self.place).hasSuffix("/roles/r/files/x"))
    }

    @Test(
        "paths that lead out of the role are refused",
        arguments: ["/etc/passwd", "../role.yaml", "a/../../../site.yaml", ""])
    func outside(path: String) throws {
        let folder = try folder()
        let files = try files(folder)
        defer { withExtendedLifetime(folder) {} }
        #expect(
            codes { () throws(Diagnostics) in _ = try files.path(of: path, at: Self.place) } == [
                "FF0211"
            ])
    }

    @Test("what is missing, a directory or not a text is told at the field")
    func unreadable() throws {
        let folder = try folder(["roles/r/templates/d/x": "abc"])
        try folder.write([0xFF, 0xFE, 0], to: "roles/r/templates/binary")
        let files = try files(folder)
        defer { withExtendedLifetime(folder) {} }
        for name in ["nothing", "d", "binary"] {
            let found = codes { () throws(Diagnostics) in
                _ = try files.renderedTemplate(name, at: Self.place)
            }
            #expect(found == ["FF0210"], "\(name)")
        }
    }

    @Test("oddly named files are files", arguments: ["-x", "a b", "é\"'$", "new\nline"])
    func names(name: String) throws {
        let folder = try folder(["roles/r/files/\(name)": "abc"])
        let files = try files(folder)
        defer { withExtendedLifetime(folder) {} }
        #expect(try files.digest(of: name, at: Self.place).size == 3)
    }

    @Test("a giant is not read while the playbook is checked")
    func giant() throws {
        let folder = try folder([
            "roles/r/role.yaml": "role: r\ntasks: [{ id: t, file: { path: /x, source: giant } }]\n",
            "roles/r/files/giant": "",
        ])
        try folder.lengthen("roles/r/files/giant", to: 1 << 40)
        #expect(try folder.graph()["a/r/t"] != nil)
    }
}
