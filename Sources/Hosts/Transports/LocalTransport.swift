internal import Glibc
public import Loop

/// This machine: programs are child processes.
public struct LocalTransport: Transport {
    public let loop: EventLoop

    public init(on loop: EventLoop = EventLoops.shared.next()) {
        self.loop = loop
    }

    public var isRoot: Bool { geteuid() == 0 }

    public func open(_ words: [String]) async throws -> any ByteChannel {
        guard let program = words.first else { throw HostError.protocolViolation("no program") }
        do {
            return try await ChildProcess.spawn(
                Command(program, Array(words.dropFirst())), on: loop)
        } catch let error as SystemError where error.number == ENOENT && program == "sudo" {
            throw HostError.sudo(.missing)
        } catch let error as SystemError {
            throw HostError.protocolViolation("`\(program)` cannot be started: \(error)")
        }
    }

    /// There is nothing to end: each channel is a program of its own.
    public func close() async {}
}
