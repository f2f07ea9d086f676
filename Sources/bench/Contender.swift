/// A tool that converges the workload: how it is called, and whether its output says that
/// nothing was to be done.
struct Contender: Sendable {
    var name: String
    var command: [String]
    var environment: [String: String] = [:]
    /// How many changes its output tells of, so that a run that did something else than was
    /// asked cannot pass for a fast one; `nil` where it cannot be told.
    var changes: @Sendable (String) -> Int?
    /// Which tasks it changed, as `HOST/ROLE/TASK`, where it says so.
    var changedTasks: (@Sendable (String) -> Set<String>)?
}

extension Contender {
    static func all(workload: Workload, hosts: Int, rivals: String?) -> [Contender] {
        [.finflowctl(workload)]
            + (rivals.map { directory in
                [
                    .pyinfra(workload, hosts, directory), .ansible(workload, hosts, directory),
                    .mitogen(workload, hosts, directory),
                ]
            } ?? [])
    }

    static func finflowctl(_ workload: Workload) -> Contender {
        Contender(
            name: "finflowctl",
            command: [
                workload.finflowctl, "setup", "--playbooks", "\(workload.directory)/finflowctl",
                "--env", "bench", "--json",
            ], environment: ["HOME": "\(workload.directory)/home"],
            changes: { changed($0).count }, changedTasks: { Set(changed($0)) })
    }

    private static func changed(_ output: String) -> [String] {
        output.split(separator: "\n").filter { $0.contains("\"status\":\"changed\"") }.map { line in
            let task = line.split(separator: "\"task\":\"", maxSplits: 1).last ?? ""
            return String(task.prefix { $0 != "\"" })
        }
    }

    private static func ansibleEnvironment(_ workload: Workload, _ hosts: Int) -> [String: String] {
        [
            "ANSIBLE_CONFIG": "\(workload.directory)/ansible.cfg", "ANSIBLE_PIPELINING": "True",
            "ANSIBLE_FORKS": String(hosts), "ANSIBLE_GATHERING": "explicit",
            "ANSIBLE_SSH_ARGS":
                "-F \(workload.sshConfig) -o ControlMaster=auto -o ControlPersist=60s",
            "ANSIBLE_HOME": "\(workload.directory)/ansible-home", "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
        ]
    }

    private static func ansibleChanges(_ output: String) -> Int? {
        let recap = output.split(separator: "\n").filter { $0.contains("changed=") }
        guard !recap.isEmpty, recap.allSatisfy({ $0.contains("failed=0") }) else { return nil }
        return recap.reduce(0) { sum, line in
            let value = line.split(separator: " ").first { $0.hasPrefix("changed=") }
            return sum + (value.flatMap { Int($0.dropFirst("changed=".count)) } ?? 0)
        }
    }

    static func ansible(_ workload: Workload, _ hosts: Int, _ rivals: String) -> Contender {
        Contender(
            name: "Ansible",
            command: [
                "\(rivals)/bin/ansible-playbook", "-i", workload.inventory,
                "\(workload.directory)/ansible.yml",
            ], environment: ansibleEnvironment(workload, hosts), changes: ansibleChanges)
    }

    static func mitogen(_ workload: Workload, _ hosts: Int, _ rivals: String) -> Contender {
        var contender = ansible(workload, hosts, rivals)
        contender.name = "Ansible + Mitogen"
        contender.environment["ANSIBLE_STRATEGY"] = "mitogen_linear"
        contender.environment["ANSIBLE_STRATEGY_PLUGINS"] =
            "\(rivals)/lib/mitogen/ansible_mitogen/plugins/strategy"
        return contender
    }

    static func pyinfra(_ workload: Workload, _ hosts: Int, _ rivals: String) -> Contender {
        Contender(
            name: "pyinfra",
            command: [
                "\(rivals)/bin/pyinfra", "-y", "--parallel", String(hosts),
                "\(workload.directory)/pyinfra/inventory.py",
                "\(workload.directory)/pyinfra/deploy.py",
            ]
        ) { output in
            // The last line of the table of results: hosts, changed, failed, unchanged.
            let totals = output.split(separator: "\n").last { $0.contains("Grand total") }
            guard let words = totals?.split(separator: " "), words.count >= 4 else { return nil }
            return words[3] == "-" ? 0 : Int(words[3])
        }
    }
}
