import Glibc
import Loop

/// A directory of this machine that is gone after `body`.
public func withDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    var template = Array("/tmp/finflow-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError(errno, in: "mkdtemp") }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(path))
    } catch {
        result = .failure(error)
    }
    let removal = try await ChildProcess.collect(Command("rm", ["-rf", "--", path]))
    guard removal.exit.isSuccess else { throw Untidy(path: path, reason: removal.errorText) }
    return try result.get()
}

/// A directory of a test could not be removed.
struct Untidy: Error {
    var path: String
    var reason: String
}

/// A program of this package, as the tests that run it were built with it.
public enum BuiltProgram {
    struct Missing: Error {
        var name: String
    }

    /// It is built into the directory of the test bundle, which the runner's arguments name.
    public static func path(_ name: String) throws -> String {
        for argument in CommandLine.arguments {
            guard let end = argument.firstRange(of: ".xctest")?.lowerBound else { continue }
            let bundle = argument[..<end]
            guard let slash = bundle.firstIndex(of: "/") else { continue }
            let directory = bundle[slash...].split(separator: "/").dropLast()
            let program = "/" + directory.joined(separator: "/") + "/\(name)"
            if access(program, X_OK) == 0 { return program }
        }
        throw Missing(name: name)
    }
}
