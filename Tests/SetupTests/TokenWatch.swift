import Lab
import Testing

/// Looks for join tokens where everybody could see them: in the command lines and environments of
/// processes while a run lasts, and afterwards in what lies on the host.
enum TokenWatch {
    /// What a token looks like, and a process that must be found.
    private static let pattern = "[a-z0-9]\\{6\\}\\.[a-z0-9]\\{16\\}"
    private static let decoy = "abcdef.0123456789abcdef"

    static func start(on host: LabHost) async throws {
        let watch = """
            cat >/run/watch <<'END'
            cd /proc
            while :; do
              cat [0-9]*/cmdline [0-9]*/environ 2>/dev/null | tr '\\0' '\\n' |
                grep -ax -e '\(pattern)' -e '.*[ =]\(pattern).*' | grep -v -e grep >>/run/seen
              touch /run/watched
            done
            END
            systemd-run --quiet --unit=watch sh /run/watch
            systemd-run --quiet --unit=decoy --setenv=DECOY=\(decoy) sleep 600
            until [ -e /run/watched ]; do :; done
            """
        let started = try await host.inspect(watch)
        try #require(started.exit.isSuccess, "\(started.errorText)")
    }

    /// The decoy was seen, and nothing else.
    static func expectNone(on host: LabHost) async throws {
        let seen = try await host.inspect(
            """
            systemctl stop watch decoy
            grep -qx DECOY=\(decoy) /run/seen && echo looked
            grep -v DECOY=\(decoy) /run/seen
            """)
        #expect(seen.outputText == "looked\n")
    }

    /// The cluster's own state and kubeadm's credentials hold it, and nothing else does.
    static func expectNowhere(_ secret: String, on host: LabHost) async throws {
        let found = try await host.inspect(
            """
            grep -rlF --binary-files=text -e '\(secret)' /etc /var /root /home /tmp /run \
              --exclude-dir=pki --exclude=admin.conf --exclude=state.json \
              --exclude-dir=watch 2>/dev/null
            journalctl --no-pager -o export | grep -acF -e '\(secret)'
            """)
        #expect(found.outputText == "0\n", "on \(host.name)")
    }
}
