import Lab
import Testing

/// A host's firewall as another host on its network meets it.
struct FirewallView {
    enum Answer: Equatable {
        case accepted, refused
        /// No answer at all.
        case dropped
    }

    /// Nobody lets this port in, and yet somebody listens on it.
    static let closed = 9999

    private let host: LabHost
    private let stranger: LabHost

    init(of host: LabHost, from stranger: LabHost) async throws {
        self.host = host
        self.stranger = stranger
        let listening = try await host.inspect(
            """
            systemd-run --quiet --unit=listener python3 -IS -c 'import socket
            listener = socket.create_server(("", \(Self.closed)))
            while True: listener.accept()[0].close()'
            until bash -c '</dev/tcp/127.0.0.1/\(Self.closed)' 2>/dev/null; do :; done
            """)
        try #require(listening.exit.isSuccess, "\(listening.errorText)")
    }

    func reaches(_ port: Int, from other: LabHost? = nil) async throws -> Answer {
        let attempt = try await (other ?? stranger).inspect(
            "timeout 2 bash -c '</dev/tcp/\(host.insideAddress)/\(port)'")
        return switch attempt.exit {
        case .status(0): .accepted
        case .status(124): .dropped
        default: .refused
        }
    }

    func expectDefaultDeny() async throws {
        #expect(try await reaches(Self.closed, from: host) == .accepted)
        #expect(try await reaches(Self.closed) == .dropped)
        #expect(try await reaches(7) == .dropped)
        #expect(try await reaches(22) == .accepted)
        #expect(try await reaches(9100) == .accepted)
        let hooks = try await host.inspect("nft list table inet finflow").outputText
        #expect(hooks.contains("hook input"))
        #expect(!hooks.contains("hook forward"))
    }
}
