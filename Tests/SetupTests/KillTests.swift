import Glibc
import Lab
import LabTraits
import Loop
import Testing
import Vocabulary

/// A run that dies at any point is finished by the next one.
@Suite struct KillTests {
    private static let isLong = getenv("FINFLOW_LONG").map { String(cString: $0) } == "1"

    @Test(.hosts(1), .timeLimit(.minutes(60)))
    func `a setup that was killed again and again ends as one that was not`() async throws {
        let hosts = LabHost.leased
        let host = hosts[0]
        try await LabPlaybooks.withSite(on: hosts) { program in
            let undisturbed = try await program.run("setup", "--env", "lab", "--json")
            #expect(undisturbed.status == 0, "\(undisturbed.output.suffix(3000))")
            let wanted = try await EndState.of(host)
            let changes = undisturbed.changed.count

            for seed in UInt64(1)...(Self.isLong ? 12 : 1) {
                try await host.reset()
                var random = SeededGenerator(seed: seed)
                for _ in 0..<3 {
                    let point = Int.random(in: 1...(changes / 4), using: &random)
                    try await program.killSetup(after: point)
                }
                let finishing = try await program.run("setup", "--env", "lab", "--json")
                #expect(
                    finishing.status == 0,
                    "seed \(seed): \(finishing.output.suffix(3000))\(finishing.error)")
                #expect(!finishing.changed.isEmpty)
                let found = try await EndState.of(host)
                #expect(wanted.differences(to: found) == [], "seed \(seed)")
                let third = try await program.run("setup", "--env", "lab", "--json")
                #expect(third.status == 0)
                #expect(third.changed == [], "seed \(seed)")
            }
        }
    }
}

extension Program {
    /// Ends a setup with SIGKILL as soon as it has told of so many changes, or of its end.
    fileprivate func killSetup(after count: Int) async throws {
        try await ChildProcess.withRunning(try command(["setup", "--env", "lab", "--json"])) {
            child in
            var output: [UInt8] = []
            while let chunk = try await child.read() {
                if case .output(let bytes) = chunk { output += bytes }
                let text = String(decoding: output, as: UTF8.self)
                if Outcome(status: nil, output: text, error: "").changed.count >= count { break }
            }
            await child.signal(SIGKILL)
        }
    }
}

/// What a host has in the end, whatever the way to it: contents, owners and modes, what runs and
/// what will, who there is. Numbers of accounts depend on who came first.
struct EndState {
    private let picture: HostPicture

    /// Written by programs for themselves: a random key, or accounts by number.
    private static let left = """
        -path /etc/docker/key.json -o -path /etc/chrony/chrony.keys -o -path '/etc/passwd*' \
        -o -path '/etc/group*' -o -path '/etc/shadow*' -o -path '/etc/gshadow*' -o -name '*.lock' \
        -o -path '/etc/subuid*' -o -path '/etc/subgid*' -o -path /etc/ld.so.cache
        """

    private static let script = """
        find /etc /opt /usr/local /home /root -xdev \\( \(left) \\) -prune -o \
        -printf '%m %u %g %y %l %p\\n' | sort -k 6
        find /etc /opt /usr/local /home /root -xdev \\( \(left) \\) -prune -o -type f -print0 |
          sort -z | xargs -0 sha256sum
        find / -xdev -name '.finflow-*' ! -name '*.manifest'
        cut -d: -f1,6,7 /etc/passwd | sort
        cut -d: -f1,4 /etc/group | sort
        systemctl list-unit-files --no-legend | sort
        systemctl list-units --no-legend --plain --type=service --state=active,failed |
          awk '{ print $1, $3 }' | grep -v -e user@ -e user-runtime-dir@ | sort
        nft --stateless list ruleset
        dpkg-query --show --showformat='${Package} ${db:Status-Status}\\n'
        sysctl -a 2>/dev/null | grep -e redirects -e source_route -e rp_filter -e martians
        """

    static func of(_ host: LabHost) async throws -> EndState {
        let text = try await host.inspect(script).outputText
        return EndState(
            picture: HostPicture(lines: text.split(separator: "\n").map(String.init)))
    }

    func differences(to other: EndState) -> [String] { picture.differences(to: other.picture) }
}
