import Lab
import LabTraits
import Loop
import SSH
import Testing

@Suite(.localSSHD) struct HostKeyTests {
    @Test func aHashedNameIsFound() async throws {
        try await withServer { server in
            let hashed = try await ChildProcess.collect(
                Command("ssh-keygen", ["-H", "-f", server.knownHosts]))
            #expect(hashed.exit.isSuccess)
            #expect(try LocalSSHD.read(server.knownHosts).hasPrefix("|1|"))
            try await expectConnection(to: server.target)
        }
    }

    @Test func aPatternIsFound() async throws {
        try await withServer { server in
            let key = try LocalSSHD.read("\(server.hostKey).pub")
            try LocalSSHD.write("[127.0.0.?]:* \(key)", to: server.knownHosts)
            try await expectConnection(to: server.target)
        }
    }

    @Test(arguments: ["ed25519", "ecdsa"])
    func theKeyOnFileIsTheOneThatIsAskedFor(type: String) async throws {
        try await withServer(hostKeyTypes: ["ed25519", "ecdsa", "rsa"]) { server in
            let key = try LocalSSHD.read("\(server.folder)/host_\(type).pub")
            try LocalSSHD.write("\(server.name) \(key)", to: server.knownHosts)
            try await expectConnection(to: server.target)
        }
    }

    @Test func anUnknownKeyIsRefusedWithItsFingerprint() async throws {
        try await withServer { server in
            try LocalSSHD.write("", to: server.knownHosts)
            let shown = try await ChildProcess.collect(
                Command("ssh-keygen", ["-l", "-f", "\(server.hostKey).pub"]))
            let fingerprint = shown.outputText.split(separator: " ")[1]
            let error = await #expect(throws: SSHError.self) {
                try await SSHConnection.connect(to: server.target)
            }
            guard case .hostKeyUnknown(let key, let files)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(key.fingerprint == fingerprint)
            #expect(key.host == server.name)
            #expect(files == [server.knownHosts])
        }
    }

    @Test func aChangedKeyIsRefusedWithFileAndLine() async throws {
        try await withServer { server in
            try await LocalSSHD.makeKey("\(server.folder)/other")
            let other = try LocalSSHD.read("\(server.folder)/other.pub")
            try LocalSSHD.write("# old\n\n\(server.name) \(other)", to: server.knownHosts)
            var target = server.target
            for policy in [HostKeyPolicy.strict, .acceptNew] {
                target.hostKeyPolicy = policy
                let asked = target
                let error = await #expect(throws: SSHError.self) {
                    try await SSHConnection.connect(to: asked)
                }
                guard case .hostKeyChanged(_, let known)? = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
                #expect(known.file == server.knownHosts)
                #expect(known.line == 3)
            }
        }
    }

    @Test func aRevokedKeyIsRefusedThoughItIsOnFile() async throws {
        try await withServer { server in
            let key = try LocalSSHD.read("\(server.hostKey).pub")
            try LocalSSHD.write(
                "\(server.name) \(key)@revoked * \(key)", to: server.knownHosts)
            let error = await #expect(throws: SSHError.self) {
                try await SSHConnection.connect(to: server.target)
            }
            guard case .hostKeyRevoked(_, let place)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(place.line == 2)
        }
    }

    @Test func aHostKnownByRSAAloneIsToldWhatToDo() async throws {
        try await withServer(hostKeyTypes: ["ed25519", "rsa"]) { server in
            let key = try LocalSSHD.read("\(server.folder)/host_rsa.pub")
            try LocalSSHD.write("\(server.name) \(key)", to: server.knownHosts)
            let error = await #expect(throws: SSHError.self) {
                try await SSHConnection.connect(to: server.target)
            }
            guard case .hostKeyUnsupported(_, ["ssh-rsa"], _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            let help = error?.diagnostic().help
            #expect(help?.contains("ed25519") == true)
            #expect(help?.contains("transport: openssh") == true)
        }
    }

    @Test func aServerThatHasOnlyAnRSAKeyIsToldWhatToDo() async throws {
        try await withServer(hostKeyTypes: ["rsa"]) { server in
            var target = server.target
            target.knownHosts = []
            let asked = target
            let error = await #expect(throws: SSHError.self) {
                try await SSHConnection.connect(to: asked)
            }
            guard case .negotiationFailed? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.diagnostic().help?.contains("transport: openssh") == true)
        }
    }

    @Test func anUnknownHostIsAcceptedOnceByManyAndKnownFromThenOn() async throws {
        try await withServer { server in
            let file = "\(server.folder)/new/known_hosts"
            var target = server.target
            target.knownHosts = [file]
            target.hostKeyPolicy = .acceptNew
            let accepting = target
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await expectConnection(to: accepting) }
                }
                try await group.waitForAll()
            }
            #expect(try LocalSSHD.read(file).split(separator: "\n").count == 1)
            target.hostKeyPolicy = .strict
            try await expectConnection(to: target)
        }
    }

    @Test func aNewKeyStandsOnALineOfItsOwnBehindAnUnfinishedOne() async throws {
        try await withServer { server in
            try LocalSSHD.write("# no newline", to: server.knownHosts)
            var target = server.target
            target.hostKeyPolicy = .acceptNew
            try await expectConnection(to: target)
            let lines = try LocalSSHD.read(server.knownHosts).split(separator: "\n")
            #expect(lines.first == "# no newline")
            #expect(lines.count == 2)
            #expect(lines.last?.hasPrefix("\(server.name) ssh-ed25519 ") == true)
        }
    }

    @Test func aKnownHostsFileThatIsAFolderIsAnError() async throws {
        try await withServer { server in
            var target = server.target
            target.knownHosts = ["/tmp"]
            let asked = target
            let error = await #expect(throws: SSHError.self) {
                try await SSHConnection.connect(to: asked)
            }
            guard case .knownHostsUnusable("/tmp", _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }
}

extension LocalSSHD {
    /// As known_hosts files call it.
    fileprivate var name: String { "[\(address)]:\(port)" }
}

func expectConnection(to target: SSHTarget) async throws {
    let connection = try await SSHConnection.connect(to: target)
    #expect(try await connection.run("echo in").outputText == "in\n")
    await connection.close()
}
