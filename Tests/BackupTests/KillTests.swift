import Backup
import Glibc
import Lab
import Loop
import RepositoryConformance
import Testing
import Vocabulary

/// A program that writes objects and is killed: what it was promised is there, nothing is half
/// there, and what it left can be told and removed.
@Suite struct RepositoryKillTests {
    private static let size = 1_000_000

    private func expectKept(_ output: String, in root: String, _ what: String) async throws {
        let repository = DirectoryRepository(root: root)
        var promised: Set<String> = []
        // The last line may have been cut with its writer.
        for line in output.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let words = line.split(separator: " ")
            try #require(words.count == 3, "\(what): \(line)")
            let name = try key(String(words[0]))
            let bytes = try await repository.contents(of: name)
            #expect("\(bytes.count)" == words[1], "\(what)")
            #expect("\(ContentDigest(of: bytes))" == words[2], "\(what)")
            promised.insert(name.path)
        }
        // What was not promised may be there, but whole.
        for object in try await repository.list("") where !promised.contains(object.key.path) {
            if object.key.path.hasSuffix(".dump") {
                #expect(object.size == Self.size, "\(what)")
            } else {
                #expect(
                    (try? JSON(parsing: try await repository.contents(of: object.key))) != nil)
            }
        }
        for debris in try await repository.debris() {
            #expect(debris.key.path.hasPrefix("snapshots/"), "\(what)")
            try await repository.remove(debris)
        }
        #expect(try await repository.debris() == [])
        let rest = try await ChildProcess.collect(
            Command("find", [root, "-name", ".*", "-o", "-type", "d", "-empty"]))
        // An empty folder may be left of a writer that had made no file.
        #expect(rest.outputText.split(separator: "\n").count <= 1, "\(what): \(rest.outputText)")
    }

    @Test func `killed at random times, it loses nothing that it told`() async throws {
        var random = SeededGenerator(seed: 11)
        let rounds = Slice.isLong ? 100 : 8
        try await withDirectory { path in
            for round in 0..<rounds {
                let lines = Int.random(in: 1...40, using: &random)
                var output: [UInt8] = []
                try await ChildProcess.withRunning(
                    Command(
                        try BuiltProgram.path("backup-writer"),
                        ["\(path)/r", "1000", "\(Self.size)"])
                ) { child in
                    while let chunk = try await child.read() {
                        if case .output(let bytes) = chunk { output += bytes }
                        if output.count(where: { $0 == 0x0A }) >= lines { break }
                    }
                    await child.signal(SIGKILL)
                    while let chunk = try await child.read() {
                        if case .output(let bytes) = chunk { output += bytes }
                    }
                }
                try await expectKept(
                    String(decoding: output, as: UTF8.self), in: "\(path)/r", "round \(round)")
            }
        }
        print("repository writer: killed \(rounds) times at random")
    }

    /// Every call that changes a file system or its durability.
    private static let calls = "openat,write,fsync,fchmod,chmod,mkdir,link,unlink,rmdir"

    @Test func `killed at each system call that writes, it loses nothing that it told`()
        async throws
    {
        let probe = try await ChildProcess.collect(
            Command("strace", ["-f", "-qq", "-o", "/dev/null", "true"]))
        try #require(probe.exit.isSuccess, "strace: \(probe.errorText)")
        try await withDirectory { path in
            var kills = 0
            var number = 1
            while true {
                let root = "\(path)/\(number)"
                let run = try await ChildProcess.collect(
                    Command(
                        "strace",
                        [
                            "-f", "-qq", "-o", "/dev/null", "-e",
                            "inject=\(Self.calls):signal=KILL:when=\(number)",
                            try BuiltProgram.path("backup-writer"), root, "2", "\(Self.size)",
                        ]))
                try await expectKept(run.outputText, in: root, "call \(number)")
                if run.exit.isSuccess { break }
                kills += 1
                number += Slice.isLong ? 1 : 7
            }
            print("repository writer: killed at \(kills) system calls")
            #expect(kills > 5)
        }
    }
}
