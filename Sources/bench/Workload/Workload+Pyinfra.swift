import Glibc

extension Workload {
    func writePyinfra() throws {
        let root = "\(directory)/pyinfra"
        mkdir(root, 0o755)
        let names = hosts.map { "\"\($0)\"" }.joined(separator: ", ")
        try """
        hosts = (
            [\(names)],
            {
                "ssh_config_file": "\(sshConfig)",
                "_sudo": True,
            },
        )

        """.write(to: "\(root)/inventory.py")
        var lines = [
            "from io import StringIO", "from pyinfra.operations import apt, files, server, systemd",
            "",
        ]
        for path in Self.directories {
            lines.append("files.directory(path=\"\(path)\", mode=\"755\")")
        }
        for path in Self.files {
            lines.append(
                "files.put(src=StringIO(\(quoted(Self.content(of: path)))), dest=\"\(path)\", "
                    + "mode=\"644\")")
        }
        for name in Self.groups { lines.append("server.group(group=\"\(name)\")") }
        for name in Self.users {
            lines.append(
                "server.user(user=\"\(name)\", shell=\"/bin/bash\", groups=[\"benchops\"], "
                    + "create_home=True)")
        }
        for name in Self.packages {
            lines.append("apt.packages(packages=[\"\(name)\"], no_recommends=True)")
        }
        lines.append("files.file(path=\"\(Self.lines[0].0)\")")
        for line in Self.lines {
            lines.append("files.line(path=\"\(line.0)\", line=\"\(line.1)\")")
        }
        for link in Self.links {
            lines.append("files.link(path=\"\(link.0)\", target=\"\(link.1)\")")
        }
        for name in Self.units {
            lines.append(
                "unit = files.put(src=StringIO(\(quoted(Self.unit(name)))), "
                    + "dest=\"/etc/systemd/system/\(name)\")")
        }
        lines.append("systemd.daemon_reload(_if=unit.did_change)")
        lines.append(
            "systemd.service(service=\"\(Self.service)\", running=True, enabled=True)")
        try (lines.joined(separator: "\n") + "\n").write(to: "\(root)/deploy.py")
    }

    private func quoted(_ text: String) -> String {
        "\"\(text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n"))\""
    }
}
