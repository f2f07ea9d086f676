// Writes objects to a repository until it is killed or has made as many as it was asked for, and
// prints each one that it was promised: its key, size and digest.
//
//   backup-writer DIRECTORY OBJECTS BYTES

import Backup
import Glibc
import Vocabulary

let arguments = CommandLine.arguments
guard arguments.count == 4, let objects = Int(arguments[2]), let size = Int(arguments[3]) else {
    print("usage: backup-writer DIRECTORY OBJECTS BYTES")
    exit(64)
}
let repository = DirectoryRepository(root: arguments[1])
let run = RunID()

struct Numbers: AsyncSequence, Sendable {
    typealias Failure = any Error
    let size: Int

    func makeAsyncIterator() -> Iterator { Iterator(rest: size) }

    struct Iterator: AsyncIteratorProtocol {
        var rest: Int

        mutating func next() async throws -> [UInt8]? {
            guard rest > 0 else { return nil }
            let count = Swift.min(rest, 65_536)
            rest -= count
            return (0..<count).map { UInt8(truncatingIfNeeded: rest &+ $0) }
        }
    }
}

@Sendable func tell(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
}

do {
    for index in 0..<objects {
        guard let key = ObjectKey("snapshots/\(run)/\(index).dump"),
            let small = ObjectKey("snapshots/\(run)/\(index).json")
        else { exit(70) }
        let stored = try await repository.put(key, Numbers(size: size))
        tell("\(key) \(stored.size) \(stored.sha256)")
        let bytes = Array("{\"index\": \(index)}\n".utf8)
        try await repository.create(small, bytes)
        tell("\(small) \(bytes.count) \(ContentDigest(of: bytes))")
    }
} catch {
    tell("error \(error)")
    exit(1)
}
