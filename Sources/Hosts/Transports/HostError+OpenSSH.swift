internal import SSH
internal import Vocabulary

extension HostError {
    /// What `ssh` said when it did not connect, in the cases of the own client.
    init(complaint: String, of host: String) {
        let lines = complaint.split(whereSeparator: \.isNewline).map(String.init)
        func line(with words: String...) -> String? {
            lines.last { line in words.contains { line.contains($0) } }
        }
        if complaint.contains("HOST IDENTIFICATION HAS CHANGED") {
            self = .hostKey(.changed(host, lines))
        } else if line(with: "REVOKED HOST KEY") != nil {
            self = .hostKey(
                Diagnostic(.sshHostKeyRevoked, "\(host.visible) shows a key that was revoked"))
        } else if let said = line(with: "host key is known for", "Host key verification failed") {
            self = .hostKey(
                Diagnostic(
                    .sshHostKeyUnknown, "the key of \(host.visible) is not known: \(said.visible)",
                    help: "Compare its fingerprint, then add the key to a known_hosts file."))
        } else if let said = line(with: "Permission denied", "Too many authentication failures") {
            self = .authentication(
                Diagnostic(
                    .sshAuthentication, "\(host.visible) does not let us in: \(said.visible)"))
        } else if let said = line(with: "Could not resolve hostname") {
            self = .unreachable(Diagnostic(.sshUnreachable, said.visible))
        } else if let said = line(with: "Connection refused") {
            self = .unreachable(
                Diagnostic(.sshRefused, said.visible, help: "Check the port, and that sshd runs."))
        } else if let said = line(with: "timed out") {
            self = .unreachable(Diagnostic(.sshTimedOut, said.visible))
        } else if let said = line(with: "Unable to negotiate") {
            self = .unreachable(Diagnostic(.sshNegotiation, said.visible))
        } else if let said = line(with: "Bad configuration option", "Load key", "terminating, ") {
            self = .unsupported(Diagnostic(.sshConfiguration, said.visible))
        } else {
            let said = complaint.lastLines
            self = .unreachable(
                Diagnostic(
                    .sshUnreachable,
                    "cannot reach \(host.visible): "
                        + (said.isEmpty ? "ssh ended" : said.visible)))
        }
    }
}

extension Diagnostic {
    fileprivate static func changed(_ host: String, _ lines: [String]) -> Diagnostic {
        // `Offending ED25519 key in /home/me/.ssh/known_hosts:3`
        let entry = lines.first { $0.hasPrefix("Offending ") }?.split(separator: " ").last
        var place: SourcePlace?
        if let entry, let colon = entry.lastIndex(of: ":"),
            let number = Int(entry[entry.index(after: colon)...])
        {
            place = SourcePlace(file: String(entry[..<colon]), line: number, column: 1)
        }
        return Diagnostic(
            .sshHostKeyChanged, "\(host.visible) shows another key than the one on file",
            at: place, hint: "the key on file",
            help: "If the change is explained, remove this line and add the new key.")
    }
}
