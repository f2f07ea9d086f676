import Hosts
import Lab
import LabTraits
import SSH
import Testing
import Vocabulary

/// How a session becomes root, on a host of the lab.
@Suite struct SudoTests {
    private func session(
        on host: LabHost, password: String? = nil, becomes: Bool = true
    ) async throws -> (ShellSession, TransportCounts) {
        let target = SSHTarget(
            host: host.address, port: UInt16(host.site.port), user: host.user,
            identities: [SSHIdentity(host.keyFile)], knownHosts: [host.site.knownHostsFile])
        let transport = CountingTransport(try await SSHTransport.connect(to: target))
        let session = ShellSession(
            over: transport, becomes: becomes, password: password.map { Sensitive($0) })
        return (session, transport.counts)
    }

    /// As the session's user, with this sudoers entry and password.
    private func sudoers(_ entry: String, on host: LabHost) async throws {
        _ = try await host.inspect(
            """
            rm -f /etc/sudoers.d/*; echo 'ops:right horse' | chpasswd
            printf '%s\\n' '\(entry)' >/etc/sudoers.d/ops; chmod 440 /etc/sudoers.d/ops
            """)
    }

    private func problem(
        _ session: ShellSession
    ) async throws -> HostError.SudoProblem? {
        let error = await #expect(throws: HostError.self) { try await session.run("id -u") }
        if case .sudo(let problem)? = error { return problem }
        Issue.record("it was \(String(describing: error))")
        return nil
    }

    @Test(.hosts(1)) func rootAndLoginEachHaveOneShell() async throws {
        let (session, counts) = try await session(on: LabHost.leased[0])
        for _ in 0..<3 {
            let root = try await session.run("id -un")
            #expect(root.text == "root\n")
            let login = try await session.run("id -un", options: ScriptOptions(privilege: .login))
            #expect(login.text == "ops\n")
        }
        #expect(counts.opened == [["sudo", "-n", "sh"], ["sh"]])
        await session.close()
    }

    @Test(.hosts(1)) func withoutBecomingAllIsDoneAsTheLoginUser() async throws {
        let (session, counts) = try await session(on: LabHost.leased[0], becomes: false)
        let result = try await session.run("id -un")
        #expect(result.text == "ops\n")
        #expect(counts.opened == [["sh"]])
        await session.close()
    }

    @Test(.hosts(1)) func noiseOfALoginIsNoAnswer() async throws {
        let host = LabHost.leased[0]
        _ = try await host.inspect(
            """
            usermod -s /bin/bash ops
            printf 'echo Welcome to the show\\necho tidings >&2\\n' >~ops/.bashrc; chown ops: ~ops/.bashrc
            """)
        let (session, _) = try await session(on: host)
        for privilege in [Privilege.root, .login] {
            let result = try await session.run(
                "echo answer", options: ScriptOptions(privilege: privilege))
            #expect(result.text == "answer\n")
            #expect(result.error.isEmpty)
        }
        try await session.upload(
            .bytes(Array(repeating: 1, count: 200_000)), to: "/tmp/noisy", privilege: .root)
        await session.close()
    }

    @Test(.hosts(1)) func aMissingPasswordIsSaid() async throws {
        let host = LabHost.leased[0]
        try await sudoers("ops ALL=(ALL) ALL", on: host)
        let (session, counts) = try await session(on: host)
        #expect(try await problem(session) == .passwordNeeded)
        #expect(try await problem(session) == .passwordNeeded)
        #expect(counts.opened.count == 1)
        await session.close()
    }

    @Test(.hosts(1)) func theRightPasswordOpensTheShellAndIsNeverShown() async throws {
        let host = LabHost.leased[0]
        try await sudoers("ops ALL=(ALL) ALL", on: host)
        let (session, counts) = try await session(on: host, password: "right horse")
        let result = try await session.run("id -un; cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
        #expect(result.text.hasPrefix("root\n"))
        #expect(!result.text.contains("right horse"))
        #expect(counts.opened.count == 1)
        let large = Array(repeating: UInt8(ascii: "x"), count: 300_000)
        try await session.upload(.bytes(large), to: "/root/large", privilege: .root)
        let size = try await session.run("stat -c '%s %U' /root/large")
        #expect(size.text == "300000 root\n")
        await session.close()
    }

    @Test(.hosts(1)) func aWrongPasswordIsTriedOnce() async throws {
        let host = LabHost.leased[0]
        try await sudoers("ops ALL=(ALL) ALL", on: host)
        let (session, counts) = try await session(on: host, password: "wrong")
        #expect(try await problem(session) == .passwordWrong)
        #expect(try await problem(session) == .passwordWrong)
        #expect(counts.opened.count == 1)
        await session.close()
    }

    @Test(.hosts(1)) func aPasswordThatNobodyAskedForIsNoCommand() async throws {
        let host = LabHost.leased[0]
        try await sudoers("ops ALL=(ALL) NOPASSWD: ALL", on: host)
        let (session, _) = try await session(on: host, password: "touch /tmp/pwned")
        let result = try await session.run("id -un; ls /tmp/pwned")
        #expect(result.text == "root\n")
        await session.close()
    }

    @Test(.hosts(1)) func whoMayNotBecomeRootIsTold() async throws {
        let host = LabHost.leased[0]
        try await sudoers("ops ALL=(ALL) NOPASSWD: /bin/true", on: host)
        let (session, _) = try await session(on: host)
        let refused = try await problem(session)
        #expect(refused != nil && refused != .missing)
        await session.close()
    }

    @Test(.hosts(1)) func aHostWithoutSudoIsTold() async throws {
        let host = LabHost.leased[0]
        _ = try await host.inspect("mv $(command -v sudo) /root/sudo")
        let (session, _) = try await session(on: host)
        #expect(try await problem(session) == .missing)
        await session.close()
    }

    @Test(.hosts(1), arguments: ["ALL", "NOPASSWD: ALL"])
    func aSudoThatWantsATerminalIsTold(rights: String) async throws {
        let host = LabHost.leased[0]
        try await sudoers("Defaults requiretty\nops ALL=(ALL) \(rights)", on: host)
        for password in [nil, "right horse"] {
            let (session, counts) = try await session(on: host, password: password)
            #expect(try await problem(session) == .terminalNeeded)
            #expect(try await problem(session) == .terminalNeeded)
            #expect(counts.opened.count == 1)
            await session.close()
        }
        let told = HostError.sudo(.terminalNeeded).diagnostic(host: HostName("db-1"))
        #expect(told.help?.contains("!requiretty") == true)
    }

    @Test(.hosts(1)) func aUserWhoIsInNoSudoersIsTold() async throws {
        let host = LabHost.leased[0]
        try await sudoers("# nobody", on: host)
        for password in [nil, "right horse"] {
            let (session, _) = try await session(on: host, password: password)
            let refused = try await problem(session)
            switch refused {
            case .notAllowed?, .passwordNeeded?: break
            default: Issue.record("it was \(String(describing: refused))")
            }
            await session.close()
        }
    }

    @Test(.hosts(1)) func sudoWithATerminalOfItsOwnWorks() async throws {
        let host = LabHost.leased[0]
        try await sudoers("Defaults use_pty\nops ALL=(ALL) NOPASSWD: ALL", on: host)
        let (session, _) = try await session(on: host)
        let result = try await session.run(#"printf 'a\0\r\n'; id -un >&2"#)
        #expect(result.output == [0x61, 0, 0x0D, 0x0A])
        #expect(result.errorText == "root\n")
        await #expect(throws: HostError.timedOut(.milliseconds(300))) {
            try await session.run(
                "sleep 12345", options: ScriptOptions(timeout: .milliseconds(300)))
        }
        let left = try await session.run("pgrep -f '^sleep 12345'")
        #expect(left.text.isEmpty)
        await session.close()
    }
}
