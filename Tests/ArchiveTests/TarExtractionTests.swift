import Archive
import Glibc
import Lab
import Loop
import Testing
import Vocabulary

@Suite struct TarExtractionTests {
    private func bytes(_ archive: MadeArchive) throws -> [UInt8] {
        try #require(try FileCalls.contents(of: archive.path, atMost: .mebibytes(64)))
    }

    /// Unpacks into a directory beside which nothing may appear.
    private func extract(
        _ bytes: [UInt8], _ extraction: TarExtraction = TarExtraction(),
        prepare: (String) throws -> Void = { _ in }
    ) async throws -> (error: ArchiveError?, files: [String]) {
        try await withDirectory { path in
            mkdir("\(path)/in", 0o700)
            try prepare("\(path)/in")
            let found = ["-c", "find . -mindepth 1 ! -path ./in | LC_ALL=C sort"]
            var failure: ArchiveError?
            do {
                _ = try await extraction.extract(Slices(bytes, 3000), into: "\(path)/in")
            } catch let error as ArchiveError {
                failure = error
            }
            let listing = try await ChildProcess.collect(Command("sh", found, directory: path))
            let files = listing.outputText.split(separator: "\n").map(String.init)
            #expect(files.allSatisfy { $0.hasPrefix("./in/") }, "\(files)")
            return (failure, files.map { String($0.dropFirst("./in/".count)) })
        }
    }

    @Test(arguments: ["pax", "gnutar", "ustar"])
    func `archives of other programs are unpacked`(format: String) async throws {
        let archive = MadeArchive(
            format,
            [
                .directory("d", mode: 0o555), .file("d/f", "x", mode: 0o6755),
                .hardlink("d/h", to: "d/f"), .symlink("l", to: "d/f"), .file("e/g/h", ""),
            ])
        let result = try await extract(bytes(archive))
        #expect(result.error == nil)
        #expect(result.files == ["d", "d/f", "d/h", "e", "e/g", "e/g/h", "l"])
    }

    static let hostile: [[Content]] = [
        [.file("/tmp/x", "x")], [.file("../x", "x")], [.file("a/../../x", "x")],
        [.symlink("l", to: "/tmp"), .file("l/x", "x")],
        [.symlink("l", to: ".."), .file("l/x", "x")],
        [.symlink("l", to: "/etc")], [.symlink("l", to: "../..")],
        [.hardlink("h", to: "/etc/passwd")], [.hardlink("h", to: "../x")], [.pipe("p")],
        [.symlink("l", to: "d"), .hardlink("h", to: "l")],
        [.file("f", "x"), .symlink("f", to: "/etc/passwd")],
        [.directory("d"), .symlink("d", to: "/tmp"), .file("d/x", "x")],
        [Content(path: "null", kind: 0o020000)], [Content(path: "sda", kind: 0o060000)],
    ]

    @Test(arguments: hostile.indices)
    func `what would be written elsewhere is refused`(index: Int) async throws {
        let result = try await extract(bytes(MadeArchive("gnutar", Self.hostile[index])))
        #expect(result.error?.kind == .unsafe, "\(String(describing: result.error))")
    }

    @Test func `links may lead anywhere where that is said, but nothing goes through them`()
        async throws
    {
        let extraction = TarExtraction(links: .anywhere)
        let fine = MadeArchive("gnutar", [.symlink("l", to: "/etc"), .file("f", "x")])
        #expect(try await extract(bytes(fine), extraction).error == nil)
        for index in [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 12] {
            let archive = MadeArchive("gnutar", Self.hostile[index])
            let result = try await extract(bytes(archive), extraction)
            #expect(result.error?.kind == .unsafe, "\(index): \(String(describing: result.error))")
        }
    }

    @Test func `links that lie in the destination lead nowhere`() async throws {
        let archive = try bytes(MadeArchive("gnutar", [.directory("d"), .file("d/x", "x")]))
        let through = try await extract(archive) { symlink("..", "\($0)/d") }
        #expect(through.error?.kind == .unsafe)
        #expect(through.files == ["d"])
        let implied = try bytes(MadeArchive("gnutar", [.file("d/x", "x")]))
        let elsewhere = try await extract(implied) { symlink("/tmp", "\($0)/d") }
        #expect(elsewhere.error?.kind == .unsafe)
        let onto = try bytes(MadeArchive("gnutar", [.file("f", "x")]))
        let result = try await extract(onto) { symlink("../planted", "\($0)/f") }
        #expect(result.error?.kind == .unwritable)
        #expect(result.error?.description == "the entry `f` File exists")
    }

    @Test func `what expands beyond the bound is refused`() async throws {
        let zeros = Content(path: "z1", bytes: [UInt8](repeating: 0, count: 2 << 20))
        var other = zeros
        other.path = "z2"
        let archive = try bytes(MadeArchive("gnutar", [zeros, other]))
        let small = TarExtraction(limits: ArchiveLimits(bytes: .mebibytes(3)))
        #expect(try await extract(archive, small).error?.kind == .tooLarge)
        let many = try bytes(MadeArchive("gnutar", (0..<20).map { .file("\($0)", "") }))
        let few = TarExtraction(limits: ArchiveLimits(entries: 19))
        #expect(try await extract(many, few).error?.kind == .tooLarge)
    }

    @Test func `an archive that is cut off anywhere is refused`() async throws {
        let archive = try bytes(
            MadeArchive(
                "pax",
                [
                    .directory("d"), .file("d/a", String(repeating: "x", count: 2000)),
                    Content(path: "zeros", bytes: [UInt8](repeating: 0, count: 3000)),
                    .file("b", "y"),
                ]))
        // Its end is two empty blocks; what pads it to a whole record may be missing.
        let end = try #require(archive.lastIndex { $0 != 0 }) / 512 * 512 + 512
        for cut in Array(stride(from: 0, to: end + 1024, by: 256)) + [1, end - 1, end + 1023] {
            let result = try await extract(Array(archive.prefix(cut)))
            #expect(result.error?.kind == .unreadable, "cut at \(cut)")
        }
        #expect(try await extract(Array(archive.prefix(end + 1024))).error == nil)
    }

    @Test func `what is no tar archive is refused`() async throws {
        for wrong in [
            Array("hello".utf8), Text(10_000).bytes, [UInt8](repeating: 0x1F, count: 600),
        ] {
            #expect(try await extract(wrong).error?.kind == .unreadable)
        }
        let zip = try bytes(MadeArchive("zip", [.file("a", "x")]))
        #expect(try await extract(zip).error?.kind == .unreadable)
    }

    @Test func `a source that fails says why`() async throws {
        let archive = try bytes(
            MadeArchive("gnutar", [.file("f", String(repeating: "x", count: 90_000))]))
        try await withDirectory { path in
            _ = await #expect(throws: Slices.Broken.self) {
                try await TarExtraction().extract(
                    Slices(Array(archive.prefix(50_000)), 1000, isBroken: true), into: path)
            }
        }
    }

    @Test func `a damaged archive is refused or unpacked inside, and never the end of the reader`()
        async throws
    {
        let archive = try bytes(
            MadeArchive(
                "pax",
                [
                    .directory("d"), .file("d/a", "x"), .symlink("d/l", to: "a"),
                    .hardlink("h", to: "d/a"),
                    .file(String(repeating: "long/", count: 30) + "x", "y"),
                ]))
        var random = SeededGenerator(seed: 8)
        let count = Slice.isLong ? 3000 : 150
        var refused = 0
        for _ in 0..<count {
            var damaged = archive
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                damaged[Int.random(in: 0..<6000, using: &random) % damaged.count] =
                    UInt8.random(in: 0...255, using: &random)
            }
            if try await extract(damaged).error != nil { refused += 1 }
        }
        print("tar extraction: \(refused) of \(count) damaged archives refused")
    }
}
