import Lab
import LabTraits
import Loop
import SSH
import Testing
import Vocabulary

@Suite(.localSSHD) struct AuthenticationTests {
    @Test(arguments: ["ed25519", "ecdsa"])
    func akeyOfEachTypeLetsIn(type: String) async throws {
        try await withServer { server in
            let key = try await makeAuthorizedKey(server, type: type)
            try await expectConnection(to: server.target(with: [SSHIdentity(key)]))
        }
    }

    @Test(arguments: ["ed25519", "ecdsa"])
    func anEncryptedKeyLetsInWithItsPassphrase(type: String) async throws {
        try await withServer { server in
            let key = try await makeAuthorizedKey(server, type: type, passphrase: "tr0ub4dor")
            let identity = SSHIdentity(key) { Sensitive("tr0ub4dor") }
            try await expectConnection(to: server.target(with: [identity]))
        }
    }

    @Test func aWrongPassphraseIsNamedAsSuch() async throws {
        try await withServer { server in
            let key = try await makeAuthorizedKey(server, passphrase: "right")
            let target = server.target(with: [SSHIdentity(key) { Sensitive("wrong") }])
            await #expect(throws: SSHError.passphraseWrong(path: key)) {
                try await SSHConnection.connect(to: target)
            }
        }
    }

    @Test func anEncryptedKeyWithoutPassphraseSaysThatItNeedsOne() async throws {
        try await withServer { server in
            let key = try await makeAuthorizedKey(server, passphrase: "right")
            let target = server.target(with: [SSHIdentity(key)])
            await #expect(throws: SSHError.passphraseNeeded(path: key)) {
                try await SSHConnection.connect(to: target)
            }
        }
    }

    @Test(arguments: ["ed25519", "ecdsa"])
    func aKeyOfTheAgentLetsIn(type: String) async throws {
        try await withServer { server in
            let key = try await makeAuthorizedKey(server, type: type)
            try await withAgent(in: server.folder, keys: [key]) { socket in
                var target = server.target(with: [])
                target.agent = socket
                try await expectConnection(to: target)
            }
        }
    }

    @Test func ofTheAgentsKeysOnlyTheNamedOnesAreOffered() async throws {
        try await withServer(settings: ["MaxAuthTries 1"]) { server in
            var keys: [String] = []
            for number in 0..<4 {
                keys.append("\(server.folder)/decoy\(number)")
                try await LocalSSHD.makeKey("\(server.folder)/decoy\(number)")
            }
            let key = try await makeAuthorizedKey(server)
            try await withAgent(in: server.folder, keys: keys + [key]) { socket in
                var target = server.target(with: [SSHIdentity("\(key).pub")])
                target.agent = socket
                target.identitiesOnly = true
                try await expectConnection(to: target)
            }
        }
    }

    @Test func anAgentThatIsNotThereDoesNotKeepAKeyFileFromWorking() async throws {
        try await withServer { server in
            var target = server.target
            target.agent = "\(server.folder)/no-agent"
            try await expectConnection(to: target)
            target.identities = []
            let asked = target
            let error = await #expect(throws: SSHError.self) {
                try await SSHConnection.connect(to: asked)
            }
            guard case .agentUnusable("\(server.folder)/no-agent", _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func aKeyThatIsNotAuthorizedIsNamedInTheRefusal() async throws {
        try await withServer { server in
            let key = "\(server.folder)/stranger"
            try await LocalSSHD.makeKey(key)
            let target = server.target(with: [SSHIdentity(key)])
            let expected = SSHError.authenticationFailed(
                user: server.user, address: "127.0.0.1:\(server.port)", tried: [key])
            await #expect(throws: expected) { try await SSHConnection.connect(to: target) }
        }
    }

    @Test func theNextKeyIsTriedWhenOneIsRefused() async throws {
        try await withServer { server in
            let key = "\(server.folder)/stranger"
            try await LocalSSHD.makeKey(key)
            let identities = [SSHIdentity(key), SSHIdentity(server.clientKey)]
            try await expectConnection(to: server.target(with: identities))
        }
    }

    @Test func anRSAKeyIsToldWhatToDo() async throws {
        try await withServer { server in
            let key = try await makeAuthorizedKey(server, type: "rsa")
            let target = server.target(with: [SSHIdentity(key)])
            let error = await #expect(throws: SSHError.rsaUnsupported(path: key)) {
                try await SSHConnection.connect(to: target)
            }
            #expect(error?.diagnostic().help?.contains("transport: openssh") == true)
        }
    }

    @Test func aKeyFileThatIsNotThereIsAnErrorUnlessItIsADefault() async throws {
        try await withServer { server in
            let path = "\(server.folder)/nothing"
            let target = server.target(with: [SSHIdentity(path)])
            await #expect(
                throws: SSHError.identityUnusable(path: path, reason: "No such file or directory")
            ) { try await SSHConnection.connect(to: target) }
            let identities = [
                SSHIdentity(path, isOptional: true), SSHIdentity(server.clientKey),
            ]
            try await expectConnection(to: server.target(with: identities))
        }
    }

    @Test func aFileThatIsNoKeyIsAnError() async throws {
        try await withServer { server in
            let path = server.knownHosts
            let target = server.target(with: [SSHIdentity(path)])
            await #expect(
                throws: SSHError.identityUnusable(path: path, reason: "it is not a private key")
            ) { try await SSHConnection.connect(to: target) }
        }
    }
}

extension LocalSSHD {
    fileprivate func target(with identities: [SSHIdentity]) -> SSHTarget {
        var target = target
        target.identities = identities
        return target
    }
}

private func makeAuthorizedKey(
    _ server: LocalSSHD, type: String = "ed25519", passphrase: String = ""
) async throws -> String {
    let path = "\(server.folder)/user_\(type)"
    try await LocalSSHD.makeKey(path, type: type, passphrase: passphrase)
    try server.authorize(publicKey: "\(path).pub")
    return path
}

/// A real ssh-agent that holds `keys`.
private func withAgent(
    in folder: String, keys: [String], _ body: (String) async throws -> Void
) async throws {
    let socket = "\(folder)/agent"
    try await ChildProcess.withRunning(Command("ssh-agent", ["-D", "-a", socket])) { agent in
        // It prints where it listens once it does.
        _ = try await agent.read()
        let added = try await ChildProcess.collect(
            Command("ssh-add", ["-q"] + keys, environment: ["SSH_AUTH_SOCK": socket]))
        try #require(added.exit.isSuccess, "\(added.errorText)")
        try await body(socket)
    }
}
