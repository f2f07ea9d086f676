import FoundationEssentials
import Glibc
import Loop

/// The built `finflowctl`, run as an operator runs it.
struct Program {
    /// A home directory of its own: `~/.ssh` there says how hosts are reached.
    let home: String
    let playbooks: String

    struct Outcome {
        var status: Int32?
        var output: String
        var error: String

        private struct Record: Decodable {
            var task: String?
            var status: String?
        }

        /// How each task ended, from the records of `--json`.
        var statuses: [String: String] {
            var result: [String: String] = [:]
            for line in output.split(separator: "\n") {
                guard
                    let record = try? JSONDecoder().decode(Record.self, from: Data(line.utf8)),
                    let task = record.task, let status = record.status
                else { continue }
                result[task] = status
            }
            return result
        }

        var changed: Set<String> { Set(statuses.filter { $0.value == "changed" }.keys) }
    }

    func command(_ arguments: [String]) throws -> Command {
        var environment: [String: String] = [:]
        for name in ["PATH", "USER", "LOGNAME"] {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        environment["HOME"] = home
        environment["FINFLOW_PLAYBOOKS"] = playbooks
        return Command(try Self.path, arguments, environment: environment)
    }

    struct Missing: Error {}

    /// It is built into the directory of the test bundle, which the runner's arguments name.
    static var path: String {
        get throws {
            for argument in CommandLine.arguments {
                guard let end = argument.firstRange(of: ".xctest")?.lowerBound else { continue }
                let bundle = argument[..<end]
                guard let slash = bundle.firstIndex(of: "/") else { continue }
                let directory = bundle[slash...].split(separator: "/").dropLast()
                let program = "/" + directory.joined(separator: "/") + "/finflowctl"
                if access(program, X_OK) == 0 { return program }
            }
            throw Missing()
        }
    }

    func run(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

    func run(_ arguments: [String]) async throws -> Outcome {
        let result = try await ChildProcess.collect(try command(arguments))
        var status: Int32?
        if case .status(let number) = result.exit { status = number }
        return Outcome(status: status, output: result.outputText, error: result.errorText)
    }
}

/// A directory that is gone after `body`.
func withDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    var template = Array("/tmp/finflow-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError(errno, in: "mkdtemp") }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    do {
        let value = try await body(path)
        try FileManager.default.removeItem(atPath: path)
        return value
    } catch {
        try? FileManager.default.removeItem(atPath: path)
        throw error
    }
}

/// Writes files below a directory, with the directories that lead to them.
func write(_ files: [String: String], below root: String) throws {
    for (name, text) in files {
        let path = "\(root)/\(name)"
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(
            atPath: "/" + parent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }
}
