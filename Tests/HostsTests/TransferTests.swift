import Hosts
import Lab
import LabTraits
import Synchronization
import Testing

@Suite struct TransferTests {
    private func content(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
    }

    private func roundTrip(
        _ way: Way, _ count: Int, _ source: ([UInt8], String) async throws -> UploadSource
    ) async throws {
        try await withFolder { folder in
            try await withSession(way) { session, _ in
                let bytes = content(count)
                let path = "\(folder)/-odd 'name'\n→"
                try await session.upload(
                    try await source(bytes, folder), to: path, privilege: .root)
                #expect(try await fileBytes(path) == bytes)
                let mode = try await session.run("stat -c %a -- \(path)")
                #expect(mode.text == "600\n")
                let received = Mutex<[UInt8]>([])
                try await session.download(path, privilege: .root) { piece in
                    received.withLock { $0 += piece }
                }
                #expect(received.withLock { $0 } == bytes)
            }
        }
    }

    @Test(arguments: Way.all, [0, 1, 64 << 10, (64 << 10) + 1, 3_000_001])
    func bytesArriveExactly(way: Way, count: Int) async throws {
        try await roundTrip(way, count) { bytes, _ in .bytes(bytes) }
    }

    @Test(arguments: Way.all, [0, 5, 2_000_000])
    func aStreamArrivesExactly(way: Way, count: Int) async throws {
        try await roundTrip(way, count) { bytes, _ in
            let rest = Mutex(bytes[...])
            return .stream {
                rest.withLock { rest in
                    let piece = Array(rest.prefix(100_000))
                    rest = rest.dropFirst(piece.count)
                    return piece.isEmpty ? nil : piece
                }
            }
        }
    }

    @Test(arguments: Way.all)
    func sixtyFourMebibytesOfAFileArriveExactly(way: Way) async throws {
        try await withFolder { folder in
            try await withSession(way) { session, _ in
                _ = try await session.run("head -c 67108864 /dev/urandom >\("\(folder)/source")")
                try await session.upload(
                    .file("\(folder)/source"), to: "\(folder)/copy", privilege: .root)
                let same = try await session.run(
                    "cmp -- \("\(folder)/source") \("\(folder)/copy")")
                #expect(same.status == 0)
            }
        }
    }

    @Test(arguments: Way.all, [10, 1_000_000])
    func whatIsInTheWayIsReplacedAndALinkNotFollowed(way: Way, count: Int) async throws {
        try await withFolder { folder in
            try await withSession(way) { session, _ in
                let (path, other) = ("\(folder)/new", "\(folder)/other")
                _ = try await session.run("echo mine >\(other); ln -s \(other) \(path)")
                try await session.upload(.bytes(content(count)), to: path, privilege: .root)
                #expect(try await fileBytes(path) == content(count))
                #expect(try await fileBytes(other) == Array("mine\n".utf8))
            }
        }
    }

    @Test(arguments: Way.all, [10, 5_000_000])
    func aMissingDirectoryIsSaid(way: Way, count: Int) async throws {
        try await withSession(way) { session, _ in
            let error = await #expect(throws: HostError.self) {
                try await session.upload(
                    .bytes(content(count)), to: "/nonexistent/file", privilege: .root)
            }
            guard case .transferFailed("/nonexistent/file", let reason)? = error else {
                Issue.record("it was \(String(describing: error))")
                return
            }
            #expect(!reason.isEmpty)
        }
    }

    @Test(.unless(.mountingIsRefused), arguments: Way.all)
    func aFullDiskIsSaidAndNothingIsLeft(way: Way) async throws {
        try await withFolder { folder in
            try await withSession(way) { session, _ in
                try await withSmallDisk(folder) {
                    let error = await #expect(throws: HostError.self) {
                        try await session.upload(
                            .bytes(content(3_000_000)), to: "\(folder)/file", privilege: .root)
                    }
                    if case .transferFailed(_, let reason)? = error {
                        #expect(reason.contains("No space left"))
                    } else {
                        Issue.record("it was \(String(describing: error))")
                    }
                    let left = try await session.run("ls -A \(folder)")
                    #expect(left.text.isEmpty)
                }
            }
        }
    }

    /// A source that fails after three pieces.
    ///
    /// - Parameter last: is done before.
    private static func breakingOff(
        _ last: @escaping @Sendable () async throws -> Void = {}
    ) -> UploadSource {
        struct Broken: Error {}
        let count = Mutex(0)
        return .stream {
            let number = count.withLock { count in
                count += 1
                return count
            }
            guard number > 3 else { return Array(repeating: 0, count: 100_000) }
            try await last()
            throw Broken()
        }
    }

    @Test(arguments: Way.all)
    func aSourceThatFailsLeavesNothing(way: Way) async throws {
        try await withFolder { folder in
            try await withSession(way) { session, _ in
                await #expect(throws: (any Error).self) {
                    try await session.upload(
                        Self.breakingOff(), to: "\(folder)/file", privilege: .root)
                }
                let left = try await session.run("ls -A \(folder)")
                #expect(left.text.isEmpty)
            }
        }
    }

    /// The file may be another's by the time that a transfer fails.
    @Test(arguments: Way.all)
    func aSourceThatFailsTakesAwayNothingThatTheProloguePrevents(way: Way) async throws {
        try await withFolder { folder in
            try await withSession(way) { session, _ in
                // Ends the script that receives the file, as who takes a lock over does.
                let other: ShellScript = """
                    until [ -s \("\(folder)/file") ]; do sleep 0.01; done
                    receiving() { [ "$1/fd/1" -ef \("\(folder)/file") ]; }
                    for process in /proc/[0-9]*; do
                        receiving "$process" || continue
                        group=$(ps -o pgid= -p "${process#/proc/}" | tr -d ' ')
                        grep -qF \(folder) "/proc/$group/cmdline" && kill -s KILL -- "-$group"
                        while receiving "$process"; do sleep 0.01; done
                    done
                    rm \("\(folder)/file")
                    echo other >\("\(folder)/file")
                    echo >\("\(folder)/over")
                    """
                await #expect(throws: (any Error).self) {
                    try await session.upload(
                        Self.breakingOff { _ = try await session.run(other) },
                        to: "\(folder)/file", privilege: .root,
                        prologue: "[ ! -e \("\(folder)/over") ] || exit 113\n")
                }
                let left = try await session.run("cat \(folder)/file")
                #expect(left.text == "other\n")
            }
        }
    }

    @Test(arguments: Way.all, [10, 5_000_000])
    func aPrologueThatEndsItIsToldApart(way: Way, count: Int) async throws {
        try await withFolder { folder in
            try await withSession(way) { session, _ in
                let error = await #expect(throws: PrologueEnded.self) {
                    try await session.upload(
                        .bytes(content(count)), to: "\(folder)/file", privilege: .login,
                        prologue: "echo refused >&2; exit 113\n")
                }
                #expect(error?.result.status == 113)
                #expect(
                    error.map { String(decoding: $0.result.error, as: UTF8.self) } == "refused\n")
                let left = try await session.run("ls -A \(folder)")
                #expect(left.text.isEmpty)
            }
        }
    }

    @Test(arguments: Way.all)
    func aFileThatIsNotThereCannotBeDownloaded(way: Way) async throws {
        try await withSession(way) { session, _ in
            let error = await #expect(throws: HostError.self) {
                try await session.download("/nonexistent", privilege: .root) { _ in }
            }
            if case .transferFailed(_, let reason)? = error {
                #expect(reason.contains("No such file"))
            } else {
                Issue.record("it was \(String(describing: error))")
            }
        }
    }

    /// Of a fifo that nobody opens nothing ever comes, as of a file on a server that is gone.
    @Test(arguments: Way.all)
    func aTransferOfWhichNothingMovesIsGivenUp(way: Way) async throws {
        try await withFolder { folder in
            try await withSession(way, idleLimit: .milliseconds(200)) { session, _ in
                let fifo = "\(folder)/fifo"
                _ = try await session.run("mkfifo -- \(fifo)")
                let downloading = await #expect(throws: HostError.self) {
                    try await session.download(fifo, privilege: .root) { _ in }
                }
                let uploading = await #expect(throws: HostError.self) {
                    try await session.upload(
                        .bytes(content(8_000_000)), to: "\(folder)/new", privilege: .root,
                        prologue: "cat -- \(fifo) >/dev/null\n")
                }
                for error in [downloading, uploading] {
                    guard case .transferFailed(_, let reason)? = error else {
                        Issue.record("it was \(String(describing: error))")
                        continue
                    }
                    #expect(reason.hasPrefix("nothing of it moved for "))
                }
                #expect(try await session.run("echo on").text == "on\n")
            }
        }
    }
}
