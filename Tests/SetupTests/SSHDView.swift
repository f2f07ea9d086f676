import Lab
import Testing

/// What a host's sshd says that it does (`sshd -T`).
enum SSHDView {
    /// libssh2 1.10's own lists (its `kex.c`, `hostkey.c`, `crypt.c`, `mac.c`), without what is
    /// broken.
    private static let libssh2: [String: Set<String>] = [
        "kexalgorithms": [
            "curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256",
            "ecdh-sha2-nistp384", "ecdh-sha2-nistp521", "diffie-hellman-group-exchange-sha256",
            "diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512",
            "diffie-hellman-group14-sha256",
        ],
        "hostkeyalgorithms": [
            "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        ],
        "pubkeyacceptedalgorithms": [
            "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        ],
        "ciphers": ["aes256-ctr", "aes192-ctr", "aes128-ctr"],
        "macs": ["hmac-sha2-256", "hmac-sha2-512"],
    ]

    /// What ssh-audit calls broken, or a review will not have.
    private static let weak = [
        "sha1", "md5", "-cbc", "arcfour", "3des", "ssh-rsa", "ssh-dss", "umac-64", "group14",
        "group1-", "nistp384", "nistp521",
    ]

    static func expectCommonAlgorithms(on host: LabHost) async throws {
        let settings = try await settings(of: host)
        for (name, known) in libssh2 {
            let offered = try #require(settings[name]).split(separator: ",").map(String.init)
            #expect(!known.isDisjoint(with: offered), "\(name): \(offered)")
            for algorithm in offered {
                #expect(!weak.contains { algorithm.contains($0) }, "\(name): \(algorithm)")
            }
        }
        let wanted = [
            "permitrootlogin": "no", "passwordauthentication": "no",
            "kbdinteractiveauthentication": "no", "permitemptypasswords": "no",
            "x11forwarding": "no", "allowtcpforwarding": "no", "allowagentforwarding": "no",
            "allowgroups": "finflow-operators", "maxauthtries": "4", "loglevel": "VERBOSE",
            "authorizedkeysfile": ".ssh/authorized_keys",
        ]
        for (name, value) in wanted { #expect(settings[name] == value, "\(name)") }
    }

    private static func settings(of host: LabHost) async throws -> [String: String] {
        let lines = try await host.inspect("sshd -T").outputText.split(separator: "\n")
        let pairs = lines.compactMap { line -> (String, String)? in
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            return words.count == 2 ? (words[0], words[1]) : nil
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }
}
