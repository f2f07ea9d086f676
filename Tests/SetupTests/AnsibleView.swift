import FoundationEssentials
import Lab
import LabTraits
import Loop
import Testing

/// The essentials of the role `common` as another tool understands them, which then finds nothing
/// to do.
enum AnsibleView {
    /// Every module here is in ansible-core, and judges for itself what is on the host.
    private static func playbook(key: String) -> String {
        """
        - hosts: lab
          become: true
          gather_facts: false
          tasks:
            - apt:
                name: [ca-certificates, curl, jq, less, acl, tree, chrony, sudo, openssh-server,
                       nftables, unattended-upgrades, logrotate, auditd, fail2ban, python3-systemd]
                state: present
            - lineinfile: { path: /etc/timezone, line: UTC, create: true }
            - file: { path: /etc/localtime, src: /usr/share/zoneinfo/UTC, state: link }
            - lineinfile: { path: /etc/default/locale, line: LANG=C.UTF-8, create: true }
            - lineinfile: { path: /etc/chrony/chrony.conf, line: makestep 1 3 }
            - group: { name: finflow-operators, system: true }
            - user: { name: ops, groups: [finflow-operators], append: true, shell: /bin/bash }
            - file: { path: /home/ops/.ssh, state: directory, owner: ops, mode: "0700" }
            - copy:
                dest: /home/ops/.ssh/authorized_keys
                content: "\(key)\\n"
                owner: ops
                mode: "0600"
            - lineinfile:
                path: /etc/sudoers.d/60-finflow
                line: "%finflow-operators ALL=(ALL:ALL) NOPASSWD: ALL"
                create: true
                mode: "0440"
                validate: visudo -cf %s
            - lineinfile:
                path: /etc/ssh/sshd_config.d/10-finflow.conf
                regexp: "^{{ item.key }} "
                line: "{{ item.key }} {{ item.value }}"
                create: true
                mode: "0644"
                validate: sshd -t -f %s
              loop:
                - { key: Port, value: 22 }
                - { key: PermitRootLogin, value: "no" }
                - { key: PasswordAuthentication, value: "no" }
                - { key: X11Forwarding, value: "no" }
                - { key: MaxAuthTries, value: 4 }
            - service: { name: ssh, state: started, enabled: true }
            - service: { name: finflow-firewall, enabled: true }
            - service: { name: fail2ban, state: started, enabled: true }
            - command: sysctl -n {{ item.key }}
              check_mode: false
              register: setting
              changed_when: setting.stdout != item.value
              loop:
                - { key: net.ipv4.conf.all.accept_redirects, value: "0" }
                - { key: net.ipv4.conf.all.send_redirects, value: "0" }
                - { key: net.ipv4.tcp_syncookies, value: "1" }
            - lineinfile: { path: /etc/security/limits.d/60-finflow.conf, line: "*    hard core   0" }
            - lineinfile:
                path: /etc/apt/apt.conf.d/60-finflow
                line: 'APT::Periodic::Unattended-Upgrade "1";'
            - file: { path: /etc/systemd/journald.conf.d, state: directory, mode: "0755" }
            - lineinfile:
                path: /etc/systemd/journald.conf.d/60-finflow.conf
                line: Storage=persistent
            - file: { path: /etc/audit/rules.d/60-finflow.rules, owner: root, mode: "0640" }

        """
    }

    /// - Parameter edited: another converged host, on which one setting is then changed by hand:
    ///   that one Ansible must find.
    static func expectNothingToDo(on host: LabHost, edited: LabHost) async throws {
        let what = "Ansible finds nothing to do after setup"
        if await MachineFact.noAnsible.excuses(what) { return }
        let edit =
            "sed -i 's/^MaxAuthTries .*/MaxAuthTries 9/' /etc/ssh/sshd_config.d/10-finflow.conf"
        _ = try await edited.inspect(edit)
        let tools = try await ChildProcess.collect(
            Command("\(LabPlaybooks.project)/Tools/rivals", []))
        let venv = tools.outputText.split(separator: "\n").last.map(String.init) ?? ""
        try await withDirectory { directory in
            let key = try LabPlaybooks.publicKey(of: [host])
            try write(["common.yml": playbook(key: key)], below: directory)
            let run = try await ChildProcess.collect(
                Command(
                    "nsenter",
                    [
                        "--net=\(host.site.namespace)", "env", "LC_ALL=C.UTF-8",
                        "ANSIBLE_NOCOLOR=1", "ANSIBLE_TIMEOUT=60",
                        "ANSIBLE_LOCAL_TEMP=\(directory)",
                        // The same modules over a connection that stays: a tenth of the time.
                        "ANSIBLE_STRATEGY=mitogen_linear",
                        "ANSIBLE_STRATEGY_PLUGINS=\(venv)/lib/mitogen/ansible_mitogen/plugins/strategy",
                        "\(venv)/bin/ansible-playbook", "--check", "--diff", "--limit",
                        "\(host.name),\(edited.name)", "--inventory",
                        host.site.ansibleInventoryFile, "\(directory)/common.yml",
                    ]))
            let recap = run.outputText.split(separator: "\n").suffix(3).map(String.init)
            func counts(_ host: LabHost) -> String? { recap.first { $0.hasPrefix(host.name) } }
            let untouched = try #require(counts(host), "\(run.outputText)\(run.errorText)")
            for count in ["ok=20 ", "changed=0 ", "unreachable=0 ", "failed=0 "] {
                #expect(untouched.contains(count), "\(run.outputText)")
            }
            #expect(try #require(counts(edited)).contains("changed=1 "), "\(run.outputText)")
        }
    }
}
