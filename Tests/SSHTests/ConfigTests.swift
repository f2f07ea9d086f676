import Glibc
import Lab
import LabTraits
import Testing
import Vocabulary

@testable import SSH

@Suite struct ConfigTests {
    @Test func theFirstValueWinsAndKeysAddUp() throws {
        let config = try config(
            """
            User first
            Host db-*
                User second
                Port 2222
                IdentityFile ~/.ssh/db
            Host *
                Port=22
                IdentityFile "~/.ssh/all hosts"
                HostName %h.internal
            """)
        let target = try config.target(for: "db-1")
        #expect(target.user == "first")
        #expect(target.port == 2222)
        #expect(target.host == "db-1.internal")
        #expect(target.identities.map(\.path) == ["/home/o/.ssh/db", "/home/o/.ssh/all hosts"])
        #expect(try config.target(for: "web").port == 22)
    }

    @Test func whatNothingSaysIsAsOpenSSHHasIt() throws {
        let target = try config("").target(for: "web")
        #expect(target.host == "web")
        #expect(target.port == 22)
        #expect(target.user == "o")
        #expect(target.agent == "/agent")
        #expect(target.hostKeyPolicy == .strict)
        #expect(target.knownHosts.first == "/home/o/.ssh/known_hosts")
        #expect(target.identities.map(\.path).contains("/home/o/.ssh/id_ed25519"))
        #expect(target.identities.allSatisfy { $0.isOptional })
        #expect(target.jump == nil)
    }

    @Test(arguments: [
        ("web", "*", true), ("web", "* !web", false), ("web", "!web", false),
        ("db", "web db", true), ("db", "d?", true), ("WEB", "web", true),
    ])
    func aBlockIsForTheHostsItsPatternsMatch(alias: String, patterns: String, isFor: Bool) throws {
        let target = try config("Host \(patterns)\nPort 7").target(for: alias)
        #expect(target.port == (isFor ? 7 : 22))
    }

    @Test func everySettingReachesTheTarget() throws {
        let target = try config(
            """
            host *
              hostkeyalias alias
              stricthostkeychecking accept-new
              userknownhostsfile /a ~/b %d/%h
              globalknownhostsfile none
              identitiesonly yes
              identityagent none
              connecttimeout 1m30s
              serveraliveinterval 0
              ciphers aes256-ctr,aes128-ctr
              macs +hmac-sha1
            """
        ).target(for: "h")
        #expect(target.hostKeyAlias == "alias")
        #expect(target.hostKeyPolicy == .acceptNew)
        #expect(target.knownHosts == ["/a", "/home/o/b", "/home/o/h"])
        #expect(target.identitiesOnly)
        #expect(target.agent == nil)
        #expect(target.timeouts.connect == .seconds(90))
        #expect(target.keepAlive == nil)
        #expect(target.algorithms.ciphers == ["aes256-ctr", "aes128-ctr"])
        #expect(target.algorithms.macs.isEmpty)
    }

    @Test(arguments: [
        ("%h-%p-%r-%n-%u-%d", "host-7-r-a-o-/home/o"), ("100%%", "100%"), ("%z%", "%z%"),
    ])
    func tokensAreReplaced(path: String, expected: String) throws {
        let target = try config("HostName host\nPort 7\nUser r\nIdentityFile \(path)")
            .target(for: "a")
        #expect(target.identities.map(\.path) == [expected])
    }

    @Test func jumpsAreHostsOfTheirOwnNearestLast() throws {
        let config = try config(
            """
            Host inner
              ProxyJump ops@outer:2200,middle
            Host middle
              HostName 10.0.0.2
              ProxyJump never-used
            Host outer
              User nobody
            """)
        let target = try config.target(for: "inner")
        #expect(target.jump?.host == "10.0.0.2")
        #expect(target.jump?.jump?.host == "outer")
        #expect(target.jump?.jump?.user == "ops")
        #expect(target.jump?.jump?.port == 2200)
        #expect(target.jump?.jump?.jump == nil)
        #expect(try config.target(for: "middle").jump?.host == "never-used")
    }

    @Test(arguments: [
        "ProxyCommand nc %h %p", "CertificateFile ~/.ssh/cert", "Match user x\nPort 7",
    ])
    func whatOnlyOpenSSHCanDoSaysSoWithItsPlace(text: String) throws {
        let config = try config("# first line\n\(text)")
        let error = #expect(throws: Diagnostic.self) { try config.target(for: "a") }
        #expect(error?.code == .sshUnsupported)
        #expect(error?.place?.line == 2)
        #expect(error?.help?.contains("transport: openssh") == true)
    }

    @Test func whatIsForOtherHostsIsNoError() throws {
        let target = try config(
            "Host other\nProxyCommand x\nMatch all\nPort 7\nProxyJump none"
        ).target(for: "a")
        #expect(target.port == 7)
    }

    @Test func everythingThatIsWrongIsReportedWithItsPlace() throws {
        let error = #expect(throws: Diagnostics.self) {
            try config(
                "Port many\nHost\nStrictHostKeyChecking maybe\nUser \"open\nConnectTimeout soon")
        }
        #expect(
            error?.sorted.map { $0.place?.description } == [
                "config:1:6", "config:2:1", "config:3:23", "config:4:6", "config:5:16",
            ])
    }

    @Test func hostsThatAreReachedThroughEachOtherAreAnError() throws {
        let config = try config("Host a\nProxyJump b\nHost b\nProxyJump a")
        #expect(throws: Diagnostic.self) { try config.target(for: "a") }
    }

    @Test func filesAreIncludedByPatternWithinTheirBlock() async throws {
        let folder = try LocalSSHD.makeFolder()
        try LocalSSHD.write("Port 1001\n", to: "\(folder)/1.conf")
        try LocalSSHD.write("Host web\nUser w\n", to: "\(folder)/2.conf")
        try LocalSSHD.write(
            "Host db web\nInclude \(folder)/*.conf\nUser both\nHost *\nPort 9\n",
            to: "\(folder)/config")
        let config = try await SSHConfig.load(files: ["\(folder)/config", "\(folder)/absent"])
        #expect(try config.target(for: "web").user == "w")
        #expect(try config.target(for: "db").user == "both")
        #expect(try config.target(for: "db").port == 1001)
        #expect(try config.target(for: "other").port == 9)
    }

    @Test func aRelativeIncludeIsOfTheUsersFolder() async throws {
        let folder = try LocalSSHD.makeFolder()
        for name in ["\(folder)/.ssh", "\(folder)/.ssh/more"] {
            try #require(mkdir(name, 0o700) == 0)
        }
        try LocalSSHD.write("Include more/*\n", to: "\(folder)/.ssh/first")
        try LocalSSHD.write("Host db\nPort 1002\n", to: "\(folder)/.ssh/more/second")
        let surroundings = SSHConfig.Surroundings(home: folder, user: "o", agent: nil)
        let config = try SSHConfig(
            text: "Include first\n", file: "config", surroundings: surroundings)
        #expect(try config.target(for: "db").port == 1002)
    }

    /// All of the settings that decide whom one talks to, together and for real.
    @Test(.localSSHD) func aHostIsReachedAsItsFileSays() async throws {
        try await withServer(address: "127.0.0.2") { inner in
            try await withServer(address: "127.0.0.3") { outer in
                let folder = inner.folder
                try LocalSSHD.write(
                    """
                    Host inner
                      HostName \(inner.address)
                      Port \(inner.port)
                      IdentityFile \(inner.clientKey)
                      UserKnownHostsFile \(inner.knownHosts)
                      ProxyJump jump-1
                    """, to: "\(folder)/inner.conf")
                try LocalSSHD.write(
                    """
                    Include \(folder)/*.conf
                    Host jump-* !jump-2
                      HostName \(outer.address)
                      Port \(outer.port)
                      IdentityFile \(outer.clientKey)
                      UserKnownHostsFile \(outer.knownHosts)
                    Host *
                      User \(inner.user)
                      IdentityAgent none
                    """, to: "\(folder)/config")
                let config = try await SSHConfig.load(files: ["\(folder)/config"])
                let connection = try await SSHConnection.connect(to: config.target(for: "inner"))
                let answer = try await connection.run("echo $SSH_CONNECTION")
                #expect(answer.outputText.hasSuffix(" \(inner.address) \(inner.port)\n"))
                await connection.close()
            }
        }
    }

    @Test func aFileThatIncludesItselfIsAnError() async throws {
        let folder = try LocalSSHD.makeFolder()
        try LocalSSHD.write("Include \(folder)/config\n", to: "\(folder)/config")
        await #expect(throws: Diagnostics.self) {
            try await SSHConfig.load(files: ["\(folder)/config"])
        }
    }

    /// Whatever the text is, reading it ends, and so does asking for a host.
    @Test(arguments: 0..<50) func anyTextCanBeRead(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "Host ", "Match ", "all", "Port ", "22", "=", "\"", "\\", "#", "\n", "\r\n", "*", "!",
            "ProxyJump ", "a", "a@b:1", ",", "[", "]", "%", "%h", "~", "IdentityFile ", "\t",
            "ConnectTimeout ", "99999999999999999999", "é", "\u{0}", "User ",
        ]
        for _ in 0..<50 {
            let text = (0..<Int.random(in: 0..<60, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            _ = try? config(text).target(for: "a")
        }
    }

    private func config(_ text: String) throws -> SSHConfig {
        try SSHConfig(
            text: text, file: "config",
            surroundings: SSHConfig.Surroundings(home: "/home/o", user: "o", agent: "/agent"))
    }
}
