import Glibc

/// What one run of a program cost, as the kernel accounts it.
struct Measurement: Sendable {
    /// Seconds.
    var wall: Double
    /// Processor seconds of the program and of what it started and awaited.
    var processor: Double
    /// The largest resident set of any of its processes, in MiB.
    var memory: Double
    var status: Int32
    var output: String

    /// Runs a program to its end. This is a bench: nothing else goes on in this process, so it
    /// simply waits.
    static func run(_ command: [String], environment: [String: String] = [:]) throws -> Measurement
    {
        let log = "/tmp/finflow-bench.\(getpid()).log"
        defer { unlink(log) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var variables = Self.inherited
        for (name, value) in environment { variables[name] = value }
        var arguments = command.map { strdup($0) } + [nil]
        var lines = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            for text in arguments + lines { free(text) }
        }
        let start = ContinuousClock.now
        var process = pid_t()
        let error = posix_spawnp(&process, command[0], &actions, nil, &arguments, &lines)
        guard error == 0 else {
            throw BenchError("\(command[0]): \(String(cString: strerror(error)))")
        }
        var status: Int32 = 0
        var usage = rusage()
        while wait4(process, &status, 0, &usage) < 0, errno == EINTR {}
        let wall = ContinuousClock.now - start
        return Measurement(
            wall: Double(wall.components.seconds) + Double(wall.components.attoseconds) * 1e-18,
            processor: usage.ru_utime.seconds + usage.ru_stime.seconds,
            memory: Double(usage.ru_maxrss) / 1024,
            status: status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F),
            output: (try? String(contentsOf: log)) ?? "")
    }

    private static var inherited: [String: String] {
        var result: [String: String] = [:]
        var next = environ
        while let line = next.pointee {
            let text = String(cString: line)
            if let mark = text.firstIndex(of: "=") {
                result[String(text[..<mark])] = String(text[text.index(after: mark)...])
            }
            next += 1
        }
        return result
    }
}

struct BenchError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

extension timeval {
    fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) * 1e-6 }
}

extension String {
    /// A whole small file.
    init(contentsOf path: String) throws {
        guard let file = fopen(path, "r") else {
            throw BenchError("\(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        self.init(decoding: bytes, as: UTF8.self)
    }

    func write(to path: String) throws {
        guard let file = fopen(path, "w") else {
            throw BenchError("\(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        let bytes = Array(utf8)
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
            throw BenchError("\(path): \(String(cString: strerror(errno)))")
        }
    }
}

extension Sequence<Double> {
    var median: Double {
        let sorted = self.sorted()
        guard !sorted.isEmpty else { return .nan }
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2)
            ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}
