extension Workload {
    func writeAnsible() throws {
        try "[defaults]\n".write(to: "\(directory)/ansible.cfg")
        var tasks: [String] = []
        func add(_ module: String, _ arguments: [(String, String)]) {
            let lines = arguments.map { "        \($0.0): \($0.1)\n" }.joined()
            tasks.append("    - \(module):\n\(lines)")
        }
        for path in ["/opt/bench"] + Self.directories where path != "/opt/bench" {
            add("file", [("path", path), ("state", "directory"), ("mode", "\"0755\"")])
        }
        for path in Self.files {
            add(
                "copy",
                [
                    ("dest", path), ("mode", "\"0644\""),
                    ("content", "|\n" + indented(Self.content(of: path), by: 10)),
                ])
        }
        for name in Self.groups { add("group", [("name", name)]) }
        for name in Self.users {
            add("user", [("name", name), ("shell", "/bin/bash"), ("groups", "[benchops]")])
        }
        for name in Self.packages {
            add("apt", [("name", name), ("install_recommends", "false")])
        }
        for line in Self.lines {
            add("lineinfile", [("path", line.0), ("line", line.1), ("create", "true")])
        }
        for link in Self.links {
            add("file", [("path", link.0), ("src", link.1), ("state", "link")])
        }
        for name in Self.units {
            add(
                "copy",
                [
                    ("dest", "/etc/systemd/system/\(name)"),
                    ("content", "|\n" + indented(Self.unit(name), by: 10)),
                ])
        }
        add(
            "systemd",
            [
                ("name", Self.service), ("state", "started"), ("enabled", "true"),
                ("daemon_reload", "true"),
            ])
        let head = "- hosts: lab\n  become: true\n  gather_facts: false\n  tasks:\n"
        try (head + tasks.joined()).write(to: "\(directory)/ansible.yml")
    }
}
