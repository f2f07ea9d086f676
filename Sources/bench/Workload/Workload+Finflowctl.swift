import Glibc

extension Workload {
    func writeFinflowctl() throws {
        let root = "\(directory)/finflowctl"
        let home = "\(directory)/home"
        for path in [home, home + "/.ssh", root] { mkdir(path, 0o700) }
        for path in ["/environments", "/environments/bench", "/roles", "/roles/bench"] {
            mkdir(root + path, 0o755)
        }
        try String(contentsOf: sshConfig).write(to: "\(home)/.ssh/config")
        try "- hosts: all\n  roles: [bench]\n".write(to: "\(root)/site.yaml")
        let names = hosts.map { "    \($0): {}\n" }.joined()
        try "inventory:\n  hosts:\n\(names)".write(
            to: "\(root)/environments/bench/environment.yaml")
        try role.write(to: "\(root)/roles/bench/role.yaml")
    }

    private var role: String {
        var tasks: [String] = []
        func add(_ id: String, _ body: String, after: String? = nil) {
            tasks.append(
                "  - id: \(id)\n    \(body)\n" + (after.map { "    after: [\($0)]\n" } ?? ""))
        }
        for (index, path) in Self.directories.enumerated() {
            add("dir\(index + 1)", "directory: { path: \(path), mode: \"0755\" }")
        }
        for (index, path) in Self.files.enumerated() {
            let content = indented(Self.content(of: path), by: 8)
            add(
                "file\(index + 1)",
                "file:\n      path: \(path)\n      mode: \"0644\"\n      content: |\n\(content)")
        }
        for name in Self.groups { add("group-\(name)", "group: { name: \(name) }") }
        for name in Self.users {
            add("user-\(name)", "user: { name: \(name), shell: /bin/bash, groups: [benchops] }")
        }
        for name in Self.packages { add("package-\(name)", "package: { name: \(name) }") }
        for (index, line) in Self.lines.enumerated() {
            add("line\(index + 1)", "line: { path: \(line.0), line: \(line.1), create: true }")
        }
        for (index, link) in Self.links.enumerated() {
            add("link\(index + 1)", "symlink: { path: \(link.0), target: \(link.1) }")
        }
        for name in Self.units {
            let content = indented(Self.unit(name), by: 8)
            let id = name.split(separator: ".")[0]
            add("unit-\(id)", "systemd_unit:\n      name: \(name)\n      content: |\n\(content)")
        }
        add("service", "service: { name: \(Self.service), state: running, enabled: true }")
        return "role: bench\ntasks:\n" + tasks.joined()
    }
}
