import Glibc
import Hosts
import Loop
import Resources
import Schema
import Synchronization
import Template
import Testing
import Vocabulary

/// 1 GiB with `FINFLOW_LONG=1`, else a slice of it.
@Suite(.serialized) struct LargeFileTests {
    private let directory = TemporaryDirectory()
    private let host = TestHost()
    private static let mebibytes = getenv("FINFLOW_LONG") == nil ? 96 : 1024

    private struct Source: PlaybookFiles {
        var path: String
        var known: FileDigest

        func renderedTemplate(
            _ source: String, at place: SourcePlace
        ) throws(Diagnostics) -> SecretText { SecretText("") }

        func digest(of source: String, at place: SourcePlace) -> FileDigest { known }
        func path(of source: String, at place: SourcePlace) -> String { path }
    }

    private func source() async throws -> Source {
        let made = try await ChildProcess.collect(
            Command(
                "sh",
                [
                    "-ec",
                    """
                    yes "a line of a large file" | head -c \(Self.mebibytes)M >"$0"
                    sha256sum <"$0"
                    """, directory("source"),
                ]))
        try #require(made.exit.isSuccess, "\(made.errorText)")
        return Source(
            path: directory("source"),
            known: FileDigest(
                sha256: String(made.outputText.prefix(64)), size: Self.mebibytes << 20))
    }

    /// Of this process, in KiB.
    private var residentSize: Int {
        let fields = TemporaryDirectory.read("/proc/self/statm") ?? []
        let words = String(decoding: fields, as: UTF8.self).split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * 4 : 0
    }

    private func resource() throws -> FileResource {
        try .reading(["path": .string(directory("f")), "source": "s", "mode": "0600"])
    }

    @Test func `a large file is streamed, found again by its digest, and mended`() async throws {
        let files = try await source()
        let before = residentSize
        try await host.converge(resource(), files, detail: .decision)
        #expect(residentSize - before < 64 << 10, "KiB more than before")
        var status = stat()
        lstat(directory("f"), &status)
        #expect(status.st_size == Self.mebibytes << 20 && status.st_mode & 0o777 == 0o600)
        // One byte in the middle, and the size as it was.
        let descriptor = open(directory("f"), O_WRONLY)
        pwrite(descriptor, "X", 1, off_t(status.st_size / 2))
        close(descriptor)
        let mended = try await host.converge(resource(), files, detail: .decision)
        #expect(mended.map(\.what) == ["content"])
        #expect(directory.names == ["f", "source"])
    }

    @Test func `an upload that is cut leaves the old file, and the next run finishes it`()
        async throws
    {
        directory.write("f", "old\n", mode: 0o600)
        let files = try await source()
        let plan = try await host.plan(resource(), files, detail: .decision)
        let upload = try #require(plan.action?.uploads.first)
        let session = host.session
        // The session is closed in the middle; what would still come is bounded.
        let sent = Atomic<Int>(0)
        let cut = UploadSource.stream {
            let count = sent.add(1, ordering: .relaxed).newValue
            if count == 100 { await session.close() }
            return count < 4000 ? [UInt8](repeating: 0x61, count: 1 << 18) : nil
        }
        await #expect(throws: (any Error).self) {
            try await session.upload(cut, to: upload.path, privilege: .root)
        }
        #expect(sent.load(ordering: .relaxed) < 4000)
        #expect(directory.text("f") == "old\n")
        directory.write(String(upload.path.dropFirst(directory.path.utf8.count + 1)), "a part")
        try await TestHost().converge(resource(), files, detail: .decision)
        #expect(directory.names == ["f", "source"])
        var status = stat()
        lstat(directory("f"), &status)
        #expect(status.st_size == Self.mebibytes << 20)
    }
}
