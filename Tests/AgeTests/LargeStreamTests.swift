import Age
import FoundationEssentials
import Glibc
import Loop
import Testing
import Vocabulary

/// A GiB through both ways (`FINFLOW_LONG=1`, else 96 MiB): unchanged, and in memory that does
/// not grow with it. It has a process of its own, this test again, whose memory is nobody else's.
@Suite struct LargeStreamTests {
    /// What more than the first 16 MiB may cost at most, however much it is.
    private static let growth = 8 << 20
    private static let size = getenv("FINFLOW_LONG") == nil ? 96 << 20 : 1 << 30
    private static let report = getenv("FINFLOW_AGE_REPORT").map { String(cString: $0) }

    @Test func `memory stays flat however long a stream is`() async throws {
        if let report = Self.report {
            try await pass(16 << 20)
            let warm = try peakMemory()
            try await pass(Self.size)
            let text = "\(warm) \(try peakMemory())"
            return try Data(text.utf8).write(to: URL(filePath: report))
        }
        let folder = try Folder()
        let (warm, peak) = try await inAProcessOfItsOwn(folder)
        print("\(Self.size >> 20) MiB: peak \(peak >> 20) MiB, after 16 MiB \(warm >> 20) MiB")
        #expect(peak - warm <= Self.growth)
    }

    /// Encrypts and decrypts, piece by piece.
    private func pass(_ size: Int) async throws {
        let identity = Identity()
        var encryptor = try await Encryptor(to: .keys([identity.recipient]))
        var decryptor = Decryptor(with: Keyring(identities: [identity]))
        var random = SeededGenerator(seed: 9)
        // Of no round length, so that a piece that is lost, doubled or moved shows.
        let piece = random.bytes(250_007)
        var sealed: [UInt8] = []
        var opened: [UInt8] = []
        var sent = 0
        var arrived = 0
        while sent < size {
            encryptor.encrypt(piece, into: &sealed)
            sent += piece.count
            try await decryptor.decrypt(sealed, into: &opened)
            sealed.removeAll(keepingCapacity: true)
            try take(&opened, piece, &arrived)
        }
        encryptor.finish(into: &sealed)
        try await decryptor.decrypt(sealed, into: &opened)
        try await decryptor.finish(into: &opened)
        try take(&opened, piece, &arrived)
        #expect(arrived == sent)
    }

    /// Compares whole pieces with what was sent, and keeps the rest.
    private func take(_ opened: inout [UInt8], _ piece: [UInt8], _ arrived: inout Int) throws {
        var start = 0
        while opened.count - start >= piece.count {
            // By memcmp: element by element, a debug build takes a minute for a GiB.
            let difference = opened.withUnsafeBytes { opened in
                piece.withUnsafeBytes { piece -> Int32? in
                    guard let left = opened.baseAddress, let right = piece.baseAddress else {
                        return nil
                    }
                    return memcmp(left + start, right, piece.count)
                }
            }
            try #require(difference == 0)
            start += piece.count
        }
        opened.removeFirst(start)
        arrived += start
    }

    private func peakMemory() throws -> Int {
        let status = try String(
            decoding: Data(contentsOf: URL(filePath: "/proc/self/status")), as: UTF8.self)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        let kibibytes = try #require(Int(line.drop { !$0.isNumber }.prefix { $0.isNumber }))
        return kibibytes << 10
    }

    private func inAProcessOfItsOwn(_ folder: Folder) async throws -> (warm: Int, peak: Int) {
        var environment: [String: String] = [:]
        for name in ["PATH", "HOME", "TMPDIR", "FINFLOW_LONG", "LD_LIBRARY_PATH"] {
            environment[name] = getenv(name).map { String(cString: $0) }
        }
        environment["FINFLOW_AGE_REPORT"] = "\(folder.path)/report"
        let program = try #require(realpath("/proc/self/exe", nil).map { String(cString: $0) })
        let result = try await ChildProcess.collect(
            Command(
                program, ["--testing-library", "swift-testing", "--filter", "LargeStreamTests"],
                environment: environment))
        try #require(result.exit == .status(0), "\(result.outputText)\(result.errorText)")
        let words = String(decoding: try folder.read("report"), as: UTF8.self).split(separator: " ")
        try #require(words.count == 2)
        return (try #require(Int(words[0])), try #require(Int(words[1])))
    }
}
