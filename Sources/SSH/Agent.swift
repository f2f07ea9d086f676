internal import CLinux
internal import Glibc
internal import Loop

/// A client of ssh-agent (draft-miller-ssh-agent), on a loop.
///
/// libssh2's own is blocking, and an agent may ask its user before it signs.
actor Agent {
    struct Key: Sendable {
        let blob: [UInt8]
        let comment: String
    }

    private enum Message {
        static let requestIdentities: UInt8 = 11
        static let identitiesAnswer: UInt8 = 12
        static let signRequest: UInt8 = 13
        static let signResponse: UInt8 = 14
    }

    private nonisolated let loop: EventLoop
    private let path: String
    private var socket: Descriptor?
    private let readable: LoopEvent

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(path: String, loop: EventLoop) {
        self.path = path
        self.loop = loop
        readable = LoopEvent(on: loop)
    }

    func keys(until deadline: ContinuousClock.Instant) async throws -> [Key] {
        var reader = try await ask([Message.requestIdentities], until: deadline)
        guard reader.byte() == Message.identitiesAnswer, let count = reader.number() else {
            throw unusable("it shows no keys")
        }
        var keys: [Key] = []
        for _ in 0..<count {
            guard let blob = reader.string(), let comment = reader.text() else {
                throw unusable("its answer makes no sense")
            }
            keys.append(Key(blob: blob, comment: comment))
        }
        return keys
    }

    /// The bare signature, without its type's name. `nil` when the agent refuses, or its user.
    func sign(
        _ data: [UInt8], with key: [UInt8], until deadline: ContinuousClock.Instant
    ) async throws -> [UInt8]? {
        var request = WireWriter()
        request.byte(Message.signRequest)
        request.string(key)
        request.string(data)
        request.number(0)  // flags: only RSA has some
        var answer = try await ask(request.bytes, until: deadline)
        guard answer.byte() == Message.signResponse, let signature = answer.string() else {
            return nil
        }
        var reader = WireReader(signature)
        _ = reader.string()
        return reader.string()
    }

    private func ask(
        _ request: [UInt8], until deadline: ContinuousClock.Instant
    ) async throws -> WireReader {
        let socket = try connected()
        var message = WireWriter()
        message.string(request)
        // Far smaller than a socket's buffer, which is empty between questions.
        let sent = send(socket.number, message.bytes, message.bytes.count, Int32(MSG_NOSIGNAL))
        guard sent == message.bytes.count else { throw unusable("it takes no requests") }
        var header = WireReader(try await receive(4, from: socket, until: deadline))
        guard let length = header.number(), length <= 256 << 10 else {
            throw unusable("its answer is too long")
        }
        return WireReader(try await receive(Int(length), from: socket, until: deadline))
    }

    private func receive(
        _ count: Int, from socket: Descriptor, until deadline: ContinuousClock.Instant
    ) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var chunk = [UInt8](repeating: 0, count: count - bytes.count)
            let received = recv(socket.number, &chunk, chunk.count, 0)
            if received > 0 {
                bytes += chunk.prefix(received)
            } else if received == 0 {
                throw unusable("it closed the connection")
            } else if errno == EAGAIN {
                do {
                    try await readable.wait(until: deadline)
                } catch is TimeoutError {
                    throw unusable("it does not answer")
                }
            } else if errno != EINTR {
                throw unusable(SystemError(errno, in: "recv").reason)
            }
        }
        return bytes
    }

    private func connected() throws -> Descriptor {
        if let socket { return socket }
        let number = clinux_stream_socket(AF_UNIX)
        guard number >= 0 else { throw unusable(SystemError(errno, in: "socket").reason) }
        let code = clinux_connect_unix(number, path)
        guard code == 0 else {
            close(number)
            throw unusable(SystemError(code, in: "connect").reason)
        }
        let socket = try Descriptor(adopting: number, on: loop) { [readable] in
            if $0.contains(.readable) { readable.fire() }
        }
        self.socket = socket
        return socket
    }

    private func unusable(_ reason: String) -> SSHError {
        .agentUnusable(socket: path, reason: reason)
    }
}
