// Writes objects to a repository until it is killed or has made as many as it was asked for, and
// prints each one that it was promised: its key, size and digest; on standard error, at last, its
// peak memory.
//
//   backup-writer PLACE OBJECTS BYTES [AT-ONCE]
//
// PLACE is a directory, or s3://BUCKET/PREFIX, whose server FINFLOW_S3_ENDPOINT and FINFLOW_S3_CA
// name.

import AWS
import Backup
import Glibc
import Loop
import Vocabulary

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
            return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                for index in 0..<count { buffer[index] = UInt8(truncatingIfNeeded: rest &+ index) }
                initialized = count
            }
        }
    }
}

struct Writer: Sendable {
    let repository: any Repository
    let size: Int
    let run = RunID()

    func write(_ index: Int) async throws {
        guard let key = ObjectKey("snapshots/\(run)/\(index).dump"),
            let small = ObjectKey("snapshots/\(run)/\(index).json")
        else { exit(70) }
        let stored = try await repository.put(key, Numbers(size: size))
        tell("\(key) \(stored.size) \(stored.sha256)")
        let bytes = Array("{\"index\": \(index)}\n".utf8)
        try await repository.create(small, bytes)
        tell("\(small) \(bytes.count) \(ContentDigest(of: bytes))")
    }
}

@Sendable func tell(_ line: String, on descriptor: Int32 = STDOUT_FILENO) {
    let bytes = Array("\(line)\n".utf8)
    _ = write(descriptor, bytes, bytes.count)
}

/// Of this program alone: getrusage(2) counts the one that started it, too.
func peakMemory() throws -> Int {
    let bytes = try FileCalls.contents(of: "/proc/self/status", atMost: .kibibytes(64)) ?? []
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    let line = lines.first { $0.hasPrefix("VmHWM:") } ?? ""
    return Int(line.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 0
}

func repository(_ place: String) async throws -> any Repository {
    guard place.hasPrefix("s3://") else { return DirectoryRepository(root: place) }
    var settings = RepositorySettings()
    let parts = place.dropFirst(5).split(separator: "/", maxSplits: 1).map(String.init)
    settings.place = .s3(bucket: parts[0], prefix: parts.count > 1 ? parts[1] : "")
    settings.endpoint = AWSEnvironment.current["FINFLOW_S3_ENDPOINT"]
    settings.authorities = AWSEnvironment.current["FINFLOW_S3_CA"]
    return try await RepositoryOpening.open(settings)
}

let arguments = CommandLine.arguments
guard (4...5).contains(arguments.count), let objects = Int(arguments[2]),
    let size = Int(arguments[3]), let lanes = arguments.count > 4 ? Int(arguments[4]) : 1
else {
    print("usage: backup-writer PLACE OBJECTS BYTES [AT-ONCE]")
    exit(64)
}
do {
    let writer = Writer(repository: try await repository(arguments[1]), size: size)
    try await withThrowingTaskGroup(of: Void.self) { group in
        for lane in 0..<lanes {
            group.addTask {
                for index in stride(from: lane, to: objects, by: lanes) {
                    try await writer.write(index)
                }
            }
        }
        try await group.waitForAll()
    }
    tell("peak \(try peakMemory()) KiB", on: STDERR_FILENO)
} catch {
    tell("error \(error)")
    exit(1)
}
