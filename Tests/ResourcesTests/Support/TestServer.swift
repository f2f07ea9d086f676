import Glibc
import Loop

/// An HTTP server on 127.0.0.1 with a few documents; it counts what it is asked for.
actor TestServer {
    nonisolated let port: Int
    private nonisolated let listener: Int32
    private let documents: [String: [UInt8]]
    private(set) var requests: [String] = []

    init(_ documents: [String: [UInt8]]) {
        self.documents = documents
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length)
                listen(descriptor, 16)
                getsockname(descriptor, generic, &length)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
    }

    /// Serves for as long as `body` takes.
    nonisolated func serving(_ body: () async throws -> Void) async throws {
        async let serving: Void = serve()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        shutdown(listener, Int32(SHUT_RDWR))
        await serving
        close(listener)
        try result.get()
    }

    private nonisolated func serve() async {
        let listener = listener
        while true {
            let accepted = await BlockingPool.shared.run { () -> (Int32, String)? in
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return nil }
                var head: [UInt8] = []
                var piece = [UInt8](repeating: 0, count: 4096)
                while !String(decoding: head, as: UTF8.self).contains("\r\n\r\n") {
                    let count = recv(connection, &piece, piece.count, 0)
                    guard count > 0 else { break }
                    head += piece[..<count]
                }
                let words = String(decoding: head, as: UTF8.self).split(separator: " ")
                return (connection, words.count > 1 ? String(words[1]) : "")
            }
            guard let (connection, path) = accepted else { return }
            let answer = await answer(to: path)
            await BlockingPool.shared.run {
                var rest = answer[...]
                while !rest.isEmpty {
                    let count = rest.withUnsafeBytes {
                        send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    guard count > 0 else { break }
                    rest = rest.dropFirst(count)
                }
                shutdown(connection, Int32(SHUT_WR))
                close(connection)
            }
        }
    }

    private func answer(to path: String) -> [UInt8] {
        requests.append(path)
        let document = documents[path]
        let status = document == nil ? "404 Not Found" : "200 OK"
        let body = document ?? Array("no such document\n".utf8)
        let head =
            "HTTP/1.1 \(status)\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        return Array(head.utf8) + body
    }
}
