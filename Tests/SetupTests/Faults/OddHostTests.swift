import FoundationEssentials
import Lab
import LabTraits
import Loop
import Testing

/// Hosts that say more than they are asked, and hosts with another shell.
@Suite(.timeLimit(.minutes(10))) struct OddHostTests {
    private static let role = """
        vars: { text: one }
        tasks:
          - id: directory
            directory: { path: /etc/odd, mode: "0750" }
          - id: file
            file: { path: /etc/odd/file, content: "{{ text }}\\n" }
            notify: [told]
          - id: rendered
            template: { source: rendered, path: /etc/odd/rendered, validate: "grep -q . %s" }
          - id: large
            file: { path: /etc/odd/large, source: large }
          - id: small
            file: { path: /etc/odd/small, source: small }
          - id: line
            line: { path: /etc/odd/edited, line: "text={{ text }}", match: "^text=", create: true }
          - id: block
            after: [line]
            block: { path: /etc/odd/edited, content: "block {{ text }}", create: true }
          - id: link
            symlink: { path: /etc/odd/link, target: file }
          - id: archive
            archive: { source: archive.tar.gz, path: /etc/odd/unpacked }
          - id: command
            after: [directory]
            command: { run: "echo ran >>/etc/odd/ran", stamp: "{{ text }}" }
          - id: group
            group: { name: odd }
          - id: user
            user: { name: odd, group: odd, password_hash: "$6$x$y" }
          - id: key
            authorized_key: { user: odd, key: "KEY" }
          - id: unit
            systemd_unit: { name: odd.service, content: "[Service]\\nType=oneshot\\nExecStart=/bin/true\\n" }
        handlers:
          - id: told
            command: { run: "echo told >>/etc/odd/told", always: true }
        """

    /// What the role takes from the controller.
    private static let making = """
        set -e
        cd "$HOME/../Playbooks/roles/test"
        mkdir -p files templates tree
        echo 'rendered {{ text }}' >templates/rendered
        yes large | head --bytes=200000 >files/large
        printf 'a\\0b' >files/small
        echo unpacked >tree/file
        tar -C tree -czf files/archive.tar.gz .
        """

    private func withProgram(
        on host: LabHost, _ body: (Program) async throws -> Void
    ) async throws {
        let key = try LabPlaybooks.publicKey(of: [host])
        let role = Self.role.replacing("KEY", with: key)
        try await LabPlaybooks.withRole(role, on: [host]) { program in
            let made = try await program.shell(Self.making)
            try #require(made.status == 0, "\(made.error)")
            try await body(program)
        }
    }

    private func expectAsAlways(_ program: Program, _ host: LabHost) async throws {
        let first = try await program.run("setup", "--env", "lab", "--json")
        #expect(first.status == 0, "\(first.output.suffix(4000))\(first.error)")
        #expect(first.changed.count == 15, "\(first.statuses)")
        let second = try await program.run("setup", "--env", "lab", "--json")
        #expect(second.status == 0, "\(second.output.suffix(4000))\(second.error)")
        #expect(second.changed == [])
        let other = try await program.run("setup", "--env", "lab", "--json", "--set", "text=two")
        #expect(other.status == 0, "\(other.output.suffix(4000))\(other.error)")
        #expect(other.changed.count == 6, "\(other.changed)")
        let found = try await host.inspect(
            """
            cd /etc/odd && cat file rendered edited ran told unpacked/file
            od -An -c small | tr -d ' '; sha256sum <large; readlink link
            find / -xdev -name '.finflow-*' ! -name '*.manifest' ! -name '*.contents'
            """)
        #expect(
            found.outputText == """
                two
                rendered two
                text=two
                # BEGIN managed by finflowctl
                block two
                # END managed by finflowctl
                ran
                ran
                told
                told
                unpacked
                a\\0b
                46b9b00dd30ff266a65840130743ef093c2261b9e5bd6a3c679c65000c193539  -
                file

                """, "\(found.errorText)")
    }

    @Test(.hosts(1), arguments: ["dash", "bash", "busybox"])
    func `any shell that a Debian may have as sh will do`(shell: String) async throws {
        let host = LabHost.leased[0]
        let switched = try await host.inspect(
            """
            set -e
            [ \(shell) != busybox ] || [ -x /bin/busybox ] || {
              export DEBIAN_FRONTEND=noninteractive
              apt-get -qq update && apt-get -qq install --yes busybox >/dev/null 2>&1
            }
            ln -sf \(shell) /bin/sh
            sh -c 'program=$(readlink -f /proc/$$/exe); echo "$program"'
            """)
        try #require(
            switched.outputText.split(separator: "/").last == "\(shell)\n", "\(switched.errorText)")
        try await withProgram(on: host) { program in try await expectAsAlways(program, host) }
    }

    @Test(.hosts(1), arguments: ["login", "root"])
    func `a banner, a greeting and noise at every start of a shell are no answers`(
        user: String
    ) async throws {
        let host = LabHost.leased[0]
        let noisy = try await host.inspect(
            """
            set -e
            echo 'Property of FinFlow. All is recorded.' >/etc/issue.net
            printf 'Banner /etc/issue.net\\nPermitUserEnvironment yes\\n' \
              >/etc/ssh/sshd_config.d/00-banner.conf
            systemctl restart ssh
            for home in /root /home/ops; do
              for file in .bashrc .profile .bash_profile .zshrc .ssh/rc; do
                {
                  echo 'echo "Welcome to $(hostname), it is $(date)"'
                  echo 'echo "warning: disk almost full" >&2'
                  echo 'printf "\\036\\000\\377no newline"'
                } >$home/$file
              done
              echo 'ENV=/etc/noise' >$home/.ssh/environment
            done
            echo 'echo noise from ENV; echo more >&2' >/etc/noise
            chsh -s /bin/bash ops; chsh -s /bin/bash root
            chmod -R a+rX /home/ops
            """)
        try #require(noisy.exit.isSuccess, "\(noisy.errorText)")
        try await withProgram(on: host) { program in
            if user == "root" {
                let config = URL(filePath: "\(program.home)/.ssh/config")
                let text = try String(contentsOf: config, encoding: .utf8)
                try Data("Host *\n  User root\n\(text)".utf8).write(to: config)
            }
            try await expectAsAlways(program, host)
        }
    }
}
