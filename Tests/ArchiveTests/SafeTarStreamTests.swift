import Archive
import Glibc
import Loop
import Testing
import Vocabulary

@Suite struct SafeTarStreamTests {
    private func tar(_ stream: SafeTarStream) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await stream.next() { bytes += piece }
        return bytes
    }

    /// As GNU tar reads it: a line an entry, in order.
    private func listing(_ bytes: [UInt8]) async throws -> [String] {
        let listed = try await ChildProcess.collect(
            Command(
                "tar", ["--list", "--verbose", "--numeric-owner", "--quoting-style=escape", "-f-"],
                environment: ["TZ": "UTC", "LC_ALL": "C"]),
            input: bytes)
        #expect(listed.exit.isSuccess && listed.errorText.isEmpty, "\(listed.errorText)")
        return listed.outputText.split(separator: "\n").map { line in
            // Without the sizes' alignment and the time.
            let words = line.split(separator: " ")
            return ([words[0], words[1], words[2]] + words[5...]).joined(separator: " ")
        }
    }

    private func failure(_ contents: [Content], stripping: Int = 0) async -> String? {
        await failure(of: MadeArchive("gnutar", contents), stripping: stripping)
    }

    private func failure(
        of archive: MadeArchive, stripping: Int = 0, limits: ArchiveLimits = ArchiveLimits()
    ) async -> String? {
        do {
            _ = try await tar(
                SafeTarStream(path: archive.path, stripping: stripping, limits: limits))
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(
        arguments: [
            ("pax", nil), ("gnutar", "gzip"), ("ustar", "xz"), ("pax", "zstd"), ("newc", "bzip2"),
            ("zip", nil), ("7zip", nil), ("xar", nil), ("iso9660", nil), ("gnutar", "lz4"),
        ] as [(String, String?)])
    func `every format becomes the same plain tar`(format: String, filter: String?) async throws {
        let archive = MadeArchive(
            format, filter: filter,
            [
                .directory("app"), .file("app/run", "#!/bin/sh\n", mode: 0o755),
                .file("app/data", String(repeating: "x", count: 300_000)), .file("app/none", ""),
            ])
        let bytes = try await tar(
            SafeTarStream(path: archive.path, owner: ArchiveOwner(user: "12", group: "34")))
        let lines = try await listing(bytes)
        let regular = Set(lines.filter { $0.hasPrefix("-") })
        let isExact = format != "iso9660"  // which rounds modes
        #expect(
            regular.map { isExact ? $0 : String($0.dropFirst(10)) }.sorted()
                == [
                    "-rw-r--r-- 12/34 0 app/none", "-rw-r--r-- 12/34 300000 app/data",
                    "-rwxr-xr-x 12/34 10 app/run",
                ].map { isExact ? $0 : String($0.dropFirst(10)) }.sorted())
        #expect(lines.contains { $0.hasPrefix("drwx") && $0.hasSuffix(" app/") })
    }

    @Test func `contents and odd and long names survive`() async throws {
        let long = String(repeating: "directory/", count: 30) + "file"
        let every = Content(
            path: "bytes", bytes: (0..<70_000).map { UInt8(truncatingIfNeeded: $0) })
        let archive = MadeArchive(
            "pax", [every, .file("übung 日本\n-'x", "1"), .file(long, "2"), .symlink("l", to: long)])
        let bytes = try await tar(SafeTarStream(path: archive.path))
        let unpacked = try await ChildProcess.collect(
            Command("tar", ["--extract", "--to-stdout", "-f-", "bytes"]), input: bytes)
        #expect(unpacked.output == every.bytes)
        let lines = try await listing(bytes)
        #expect(
            lines.contains { $0.hasSuffix(" 1 übung\\ 日本\\n-'x") || $0.contains("303\\274bung") })
        #expect(lines.contains { $0.hasSuffix(" \(long)") })
        #expect(lines.contains { $0.hasSuffix(" l -> \(long)") })
    }

    @Test func `leading components are taken off, of link targets in the archive too`() async throws
    {
        let archive = MadeArchive(
            "gnutar",
            [
                .directory("node-1.0"), .file("node-1.0/bin/node", "x"), .file("README", "x"),
                .hardlink("node-1.0/bin/nodejs", to: "node-1.0/bin/node"),
                .symlink("node-1.0/bin/npm", to: "../lib/npm"),
            ])
        let lines = try await listing(tar(SafeTarStream(path: archive.path, stripping: 1)))
        #expect(
            lines == [
                "drwxr-xr-x 0/0 0 bin/", "-rw-r--r-- 0/0 1 bin/node",
                "hrw-r--r-- 0/0 0 bin/nodejs link to bin/node",
                "lrwxrwxrwx 0/0 0 bin/npm -> ../lib/npm",
            ])
    }

    @Test func `set-id bits do not come along`() async throws {
        let archive = MadeArchive("gnutar", [.file("su", "x", mode: 0o6755)])
        #expect(
            try await listing(tar(SafeTarStream(path: archive.path)))
                == ["-rwxr-xr-x 0/0 1 su"])
    }

    @Test(arguments: ["/etc/passwd", "../x", "a/../../x", "a/..", "..", "./../x"])
    func `no path leads outside`(path: String) async {
        #expect(
            await failure([.file(path, "x")]) == "the entry `\(path)` leaves the destination")
    }

    @Test(arguments: [
        "/etc", "..", "../x", "a/..", "a/../..", "./../..", "a/b/../../../x", "/",
    ])
    func `no link leads outside or through another one's parent`(target: String) async {
        #expect(
            await failure([.symlink("l", to: target)])
                == "the entry `l` is a link that leads, or may lead, out of the destination")
    }

    @Test func `links inside are fine`() async {
        let wrong = await failure([
            .directory("a"), .symlink("a/up", to: ".."), .symlink("a/b", to: "../c/./d"),
            .symlink("dangling", to: "no/such"),
        ])
        #expect(wrong == nil)
    }

    @Test func `nothing is written through a link or changes its kind`() async {
        #expect(
            await failure([.symlink("l", to: "d"), .file("l/x", "x")])
                == "the entry `l/x` would be written through `l`")
        #expect(
            await failure([.symlink("l", to: "d"), .file("l", "x")])
                == "the entry `l` stands for two different things")
        #expect(
            await failure([.file("d/x", "x"), .symlink("d", to: ".")])
                == "the entry `d` stands for two different things")
        #expect(
            await failure([.file("f", "x"), .file("f/x", "x")])
                == "the entry `f/x` would be written through `f`")
    }

    @Test(arguments: ["/etc/passwd", "l", "later", "d"])
    func `a hard link is a name of a file that came before`(target: String) async {
        let wrong = await failure([
            .directory("d"), .symlink("l", to: "x"), .hardlink("h", to: target), .file("later", ""),
        ])
        #expect(wrong != nil)
    }

    @Test func `pipes and devices are refused`() async {
        #expect(
            await failure([.pipe("p")]) == "the entry `p` is neither file, directory nor link")
    }

    @Test func `what expands beyond the bound is refused`() async {
        let zeros = Content(path: "zeros", bytes: [UInt8](repeating: 0, count: 2 << 20))
        let bomb = MadeArchive("gnutar", filter: "gzip", [zeros, zeros])
        #expect(
            await failure(of: bomb, limits: ArchiveLimits(bytes: .mebibytes(3)))
                == "it expands to more than 3.0 MiB")
        let many = MadeArchive("gnutar", (0..<20).map { .file("\($0)", "") })
        #expect(
            await failure(of: many, limits: ArchiveLimits(entries: 19))
                == "it has more than 19 entries")
        #expect(await failure(of: many, limits: ArchiveLimits(entries: 20)) == nil)
    }

    @Test func `directories that names imply count as entries`() async {
        let deep = String(repeating: "d/", count: 40)
        let archive = MadeArchive("pax", [.file("\(deep)x", ""), .file("other/\(deep)x", "")])
        #expect(
            await failure(of: archive, limits: ArchiveLimits(entries: 82))
                == "it has more than 82 entries")
        #expect(await failure(of: archive, limits: ArchiveLimits(entries: 83)) == nil)
    }

    @Test func `a truncated or unknown file is an error and not a short archive`() async throws {
        let whole = MadeArchive("gnutar", [.file("f", String(repeating: "x", count: 100_000))])
        truncate(whole.path, 50_000)
        #expect(await failure(of: whole)?.isEmpty == false)
        let text = MadeArchive("gnutar", [.file("f", "x")])
        truncate(text.path, 0)
        #expect(await failure(of: text) != nil)
    }

    @Test func `an mtree names files of this machine and is not read`() async {
        let mtree = MadeArchive("mtree", [.file("etc/passwd", "x")])
        #expect(await failure(of: mtree) != nil)
    }
}
