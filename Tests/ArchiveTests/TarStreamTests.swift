import Archive
import Glibc
import Lab
import Loop
import Testing
import Vocabulary

@Suite struct TarStreamTests {
    private func file(_ path: String, _ bytes: [UInt8], mode: FileMode = 0o644) -> TarItem {
        TarItem(
            path: path, kind: .file(size: bytes.count) { Slices(bytes, 100_003) }, mode: mode,
            modified: Timestamp(seconds: 1_700_000_000))
    }

    private func directory(_ path: String) -> TarItem {
        TarItem(path: path, kind: .directory, mode: 0o750)
    }

    @Test func `tar reads what is written, and the order it came in does not matter`() async throws
    {
        let items = [
            file("etc/a", Array("alpha\n".utf8)), directory("etc"),
            file("etc/b/large", Text(3_000_001).bytes),
            file("etc-x", []), file("übung/日本 'x'", [1]),
            file("etc/" + String(repeating: "n", count: 180), [2]),
            TarItem(path: "etc/link", kind: .symlink(target: "/absolute"), mode: 0o777),
        ]
        let bytes = try await TarStream(items).collected()
        let again = try await TarStream(items.reversed()).collected()
        let isSame = bytes == again
        #expect(isSame)
        let listed = try await ChildProcess.collect(
            Command(
                "tar", ["-tv", "--numeric-owner", "-f-"],
                environment: ["TZ": "UTC", "LC_ALL": "C.UTF-8"]), input: bytes)
        #expect(listed.exit.isSuccess && listed.errorText.isEmpty, "\(listed.errorText)")
        let lines = listed.outputText.split(separator: "\n").map {
            $0.split(separator: " ").joined(separator: " ")
        }
        #expect(lines.count == items.count)
        #expect(lines[0] == "drwxr-x--- 0/0 0 1970-01-01 00:00 etc/")
        #expect(lines[1] == "-rw-r--r-- 0/0 0 2023-11-14 22:13 etc-x")
        #expect(lines.contains("lrwxrwxrwx 0/0 0 1970-01-01 00:00 etc/link -> /absolute"))
        let large = try await ChildProcess.collect(
            Command("tar", ["-x", "-O", "-f-", "etc/b/large"]), input: bytes)
        let isWhole = large.output == Text(3_000_001).bytes
        #expect(isWhole)
    }

    @Test func `what has no place in an archive is refused before anything is written`() {
        for items in [
            [file("/etc/passwd", [])], [file("../x", [])], [file("a/../b", [])], [file("", [])],
            [file("a", []), file("a", [])], [file("a", []), file("a/b", [])], [file("./a", [])],
            [file("a//b", [])],
        ] {
            #expect(throws: ArchiveError.self) { try TarStream(items) }
        }
    }

    @Test(arguments: [0, 99, 101, 1_000_000])
    func `a file that changes its size while it is read is an error`(size: Int) async throws {
        let item = TarItem(
            path: "log", kind: .file(size: 100) { Slices([UInt8](repeating: 1, count: size), 64) },
            mode: 0o600)
        let error = await #expect(throws: ArchiveError.self) {
            try await TarStream([item]).collected()
        }
        #expect(error?.kind == .changed)
        #expect(error?.entry == "log")
    }

    @Test func `a file that cannot be read is an error`() async throws {
        let item = TarItem(
            path: "x", kind: .file(size: 100) { FilePieces(path: "/nonexistent/x") }, mode: 0o600)
        await #expect(throws: SystemError.self) { try await TarStream([item]).collected() }
    }

    @Test func `a directory comes back as it was, through zstd`() async throws {
        try await withDirectory { path in
            let made = try await ChildProcess.collect(
                Command(
                    "sh",
                    [
                        "-c",
                        """
                        mkdir -p a/b 'c d' out && head -c 1500000 /dev/urandom > a/b/random &&
                        echo secret > a/key && chmod 600 a/key && : > empty && chmod 500 'c d' &&
                        ln -s ../a/key a/b/link && ln -s /etc/passwd out/absolute && mkfifo pipe &&
                        touch -d @1600000000 a/key a
                        """,
                    ], directory: path))
            try #require(made.exit.isSuccess, "\(made.errorText)")
            let tree = try await FileTree(of: path)
            #expect(tree.omitted == ["pipe"])
            let packed = CompressedChunks(try TarStream(tree.items), ZstdOptions(workers: 2))
            try await withDirectory { target in
                let summary = try await TarExtraction(links: .anywhere).extract(
                    DecompressedChunks(packed), into: target)
                #expect(summary.entries == tree.items.count)
                #expect(summary.size == ByteCount(1_500_007))
                unlink("\(path)/pipe")
                let difference = try await ChildProcess.collect(
                    Command("diff", ["-r", "--no-dereference", path, target]))
                #expect(difference.outputText == "")
                let listings = try await [path, target].asyncMap { folder in
                    try await ChildProcess.collect(
                        Command(
                            "find", [".", "-mindepth", "1", "-printf", "%P %y %m %l %Ts\n"],
                            directory: folder)
                    ).outputText.split(separator: "\n").sorted()
                }
                #expect(listings[0] == listings[1])
            }
        }
    }
}

extension Array {
    fileprivate func asyncMap<Value>(
        _ transform: (Element) async throws -> Value
    ) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
