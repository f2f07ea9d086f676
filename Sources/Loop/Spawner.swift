internal import CLinux
internal import Glibc

/// Starts programs on a loop's thread, which never ends: `PR_SET_PDEATHSIG` is sent when the
/// *thread* that started a program ends.
actor Spawner {
    private nonisolated let loop: EventLoop

    init(loop: EventLoop) {
        self.loop = loop
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func spawn(_ command: Command) throws(SystemError) -> ChildProcess {
        guard let path = command.resolvedPath() else { throw SystemError(ENOENT, in: "execve") }
        let input = try Pipe()
        let output = try Pipe()
        let error = try Pipe()
        var process: pid_t = 0
        var pidfd: Int32 = -1
        let failure = withProgram(command, path: path) { program in
            program.streams = (input.read.number, output.write.number, error.write.number)
            return clinux_spawn(&program, &process, &pidfd)
        }
        guard failure == 0 else { throw SystemError(failure, in: "execve") }
        let ending = try watch(process, pidfd)
        let inputs = LoopEvent(on: loop)
        let outputs = LoopEvent(on: loop)
        do {
            return ChildProcess(
                id: process, loop: loop, grace: command.grace, ending: ending,
                input: try Descriptor(adopting: input.write.release(), on: loop) {
                    if $0.contains(.writable) { inputs.fire() }
                },
                output: try Descriptor(adopting: output.read.release(), on: loop) {
                    if $0.contains(.readable) { outputs.fire() }
                },
                error: try Descriptor(adopting: error.read.release(), on: loop) {
                    if $0.contains(.readable) { outputs.fire() }
                },
                inputs: inputs, outputs: outputs)
        } catch {
            ending.kill(SIGKILL)
            ending.release()
            throw error
        }
    }

    /// A child whose end could not be noticed is ended.
    private func watch(_ process: pid_t, _ pidfd: Int32) throws(SystemError) -> ChildEnding {
        do {
            return try ChildEnding(process: process, pidfd: pidfd, loop: loop)
        } catch {
            kill(-process, SIGKILL)
            waitpid(process, nil, 0)
            close(pidfd)
            throw error
        }
    }

    private func withProgram(
        _ command: Command, path: String, _ body: (inout clinux_program) -> Int32
    ) -> Int32 {
        withCStrings([command.program] + command.arguments) { arguments in
            let variables = command.environment?.map { "\($0.key)=\($0.value)" }
            return withCStrings(variables ?? []) { environment in
                path.withCString { path in
                    withOptionalCString(command.directory) { directory in
                        var program = clinux_program()
                        program.path = path
                        program.arguments = arguments
                        program.environment = variables == nil ? nil : environment
                        program.directory = directory
                        return body(&program)
                    }
                }
            }
        }
    }
}

/// A pipe whose ends are closed unless somebody takes them over.
private struct Pipe: ~Copyable {
    let read: End
    let write: End

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard clinux_pipe(&ends) == 0 else { throw SystemError(errno, in: "pipe2") }
        read = End(number: ends[0])
        write = End(number: ends[1])
    }

    final class End {
        private(set) var number: Int32

        init(number: Int32) {
            self.number = number
        }

        func release() -> Int32 {
            defer { number = -1 }
            return number
        }

        deinit {
            if number >= 0 { Glibc.close(number) }
        }
    }
}

private func withCStrings<Value>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> Value
) -> Value {
    var copies = strings.map { strdup($0) }
    copies.append(nil)
    defer { for copy in copies { free(copy) } }
    return copies.withUnsafeBufferPointer { body($0.baseAddress) }
}

private func withOptionalCString<Value>(
    _ string: String?, _ body: (UnsafePointer<CChar>?) -> Value
) -> Value {
    guard let string else { return body(nil) }
    return string.withCString(body)
}
