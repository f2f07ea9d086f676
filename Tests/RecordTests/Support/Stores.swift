import Glibc
import Loop
import Record
import Testing

/// A kind of store that the conformance suite runs against: each way to have one is a case.
struct StoreKind: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// Runs the body with two handles of one new, empty store, as two processes have them.
    let with:
        @Sendable (_ body: (any StateStore, any StateStore) async throws -> Void) async throws
            -> Void

    static let all = [
        StoreKind(testDescription: "a directory") { body in
            try await withDirectory { path in
                try await body(
                    DirectoryStore(root: "\(path)/state"), DirectoryStore(root: "\(path)/state"))
            }
        },
        StoreKind(testDescription: "a directory that is there and shared by a group") { body in
            try await withDirectory { path in
                mkdir("\(path)/state", 0o770)
                chmod("\(path)/state", 0o2770)
                try await body(
                    DirectoryStore(root: "\(path)/state"), DirectoryStore(root: "\(path)/state"))
            }
        },
    ]
}

/// A directory that is gone after `body`.
func withDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    var template = Array("/tmp/finflow-record.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError(errno, in: "mkdtemp") }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(path))
    } catch {
        result = .failure(error)
    }
    _ = try await ChildProcess.collect(Command("rm", ["-rf", path]))
    return try result.get()
}

func key(_ path: String) throws -> StateKey { try #require(StateKey(path)) }

/// The program that writes records to be killed, built beside the test bundle.
enum Writer {
    struct Missing: Error {}

    static var path: String {
        get throws {
            for argument in CommandLine.arguments {
                guard let end = argument.firstRange(of: ".xctest")?.lowerBound else { continue }
                let bundle = argument[..<end]
                guard let slash = bundle.firstIndex(of: "/") else { continue }
                let directory = bundle[slash...].split(separator: "/").dropLast()
                let program = "/" + directory.joined(separator: "/") + "/record-writer"
                if access(program, X_OK) == 0 { return program }
            }
            throw Missing()
        }
    }
}

/// Splitmix64: the same choices for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
