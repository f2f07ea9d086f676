import SSH
import Testing
import Vocabulary

@Suite struct DiagnosticsTests {
    @Test func codesAreUniqueInTheirRangeAndExplained() {
        let codes = SSHDiagnostics.catalogue
        #expect(Set(codes.map(\.id)).count == codes.count)
        for code in codes {
            #expect(("FF0400"..."FF0449").contains(code.id))
            #expect(!code.title.isEmpty && !code.explanation.isEmpty)
        }
    }

    @Test func aHostThatCannotBeReachedEndsTheProgramWithTheStatusForIt() {
        let errors: [SSHError] = [
            .refused(address: "a:22"), .timedOut(.connect, address: "a:22", after: .seconds(1)),
            .nameUnknown(host: "a", reason: "r"), .unreachable(address: "a:22", reason: "r"),
            .disconnected(address: "a:22", reason: "r"),
            .authenticationFailed(user: "u", address: "a:22", tried: []),
        ]
        for error in errors { #expect(error.diagnostic().status == .unreachable) }
    }

    @Test func aChangedKeyPointsAtItsLine() {
        let key = SSHError.HostKey(host: "a", type: "ssh-ed25519", fingerprint: "SHA256:x")
        let place = SourcePlace(file: "known_hosts", line: 3, column: 1)
        let diagnostic = SSHError.hostKeyChanged(key, known: place).diagnostic(subject: "host a")
        let text = diagnostic.rendered { _ in "one\ntwo\na ssh-ed25519 AAAA" }
        #expect(text.contains("--> known_hosts:3:1"))
        #expect(text.contains("SHA256:x"))
        #expect(diagnostic.subject == "host a")
    }

    @Test func whatAHostSaysCannotMoveTheCursor() {
        let error = SSHError.transferFailed(path: "/a\u{1B}[2J", reason: "b\nc")
        #expect(!error.diagnostic().message.contains("\u{1B}"))
        #expect(!error.diagnostic().message.contains("\n"))
    }
}
