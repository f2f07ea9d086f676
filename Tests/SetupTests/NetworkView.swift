import Lab
import Testing

/// What tests of guarded changes see of a host.
extension LabHost {
    /// What a firewall and an sshd are made of, in force and on disk.
    func networkPicture() async throws -> String {
        try await inspect(
            """
            nft list ruleset 2>/dev/null
            for file in /etc/finflow/* /etc/systemd/system/finflow* /etc/ssh/sshd_config.d/* \
            /etc/systemd/system/sysinit.target.wants/finflow*; do
              [ ! -e "$file" ] || { stat -c '%n %a %U %F' "$file"; cat "$file"; }
            done
            sshd -T | sort
            """
        ).outputText
    }

    /// Nothing waits for anything, and nothing is left that ever did.
    func expectNothingArmed() async throws {
        let network = "/var/lib/finflow/network"
        let left = try await inspect(
            """
            ls -d \(network)/armed-* \(network)/reverting-* \(network)/confirmed-* \
              \(network)/pending/* 2>/dev/null
            systemctl list-units --all --no-legend --plain 'finflow-network*'
            systemctl list-unit-files --no-legend 'finflow-network*'
            find /etc /var/lib/finflow -name '.finflow-*'
            :
            """)
        #expect(left.outputText == "")
    }
}

/// The tasks of a firewall that lets these ports in, guarded.
func guardedFirewall(_ ports: String) -> String {
    """
    tasks:
      - id: nftables
        package: { name: nftables }
      - id: firewall
        network: true
        firewall: { allow: [{ ports: [\(ports)] }] }
    """
}

extension Program {
    /// Other tasks for the role `test`.
    func setRole(_ role: String) throws {
        try write(["roles/test/role.yaml": "role: test\n\(role)"], below: playbooks)
    }
}
