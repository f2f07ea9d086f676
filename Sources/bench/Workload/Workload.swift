/// Forty tasks, the same for every contender: directories, files, accounts, packages, lines,
/// links and units.
struct Workload {
    let directory: String
    let finflowctl: String
    let sshConfig: String
    let inventory: String
    let hosts: [String]

    static let directories = (1...6).map { "/opt/bench/dir\($0)" }
    static let files = (1...12).map { "/opt/bench/dir1/file\($0).conf" }
    static let groups = ["benchops", "benchapp"]
    static let users = ["bench1", "bench2", "bench3"]
    static let packages = ["tree", "jq", "less", "acl"]
    static let lines = (1...5).map { ("/opt/bench/dir2/lines", "option\($0)=value\($0)") }
    static let links = (1...4).map {
        ("/opt/bench/dir3/link\($0)", "/opt/bench/dir1/file\($0).conf")
    }
    static let units = (1...3).map { "bench\($0).service" }
    static let service = "bench1.service"

    static let count =
        directories.count + files.count + groups.count + users.count + packages.count
        + lines.count + links.count + units.count + 1

    static func content(of file: String) -> String {
        "# \(file)\n" + (1...20).map { "setting\($0) = \(file.hashless)-\($0)\n" }.joined()
    }

    static func unit(_ name: String) -> String {
        """
        [Unit]
        Description=Bench \(name)

        [Service]
        ExecStart=/bin/sleep infinity

        [Install]
        WantedBy=multi-user.target

        """
    }

    /// What somebody does to one host: one thing of each type, and the tasks that must find it.
    static let damage: [(script: String, task: String)] = [
        ("chmod 0700 /opt/bench/dir4", "dir4"),
        ("echo tampered >>/opt/bench/dir1/file7.conf", "file7"),
        ("groupdel benchapp", "group-benchapp"),
        ("usermod -s /bin/sh bench2", "user-bench2"),
        ("dpkg --purge tree >/dev/null", "package-tree"),
        ("sed -i /option3=/d /opt/bench/dir2/lines", "line3"),
        ("ln -sfn /dev/null /opt/bench/dir3/link2", "link2"),
        ("sed -i s/Bench/Broken/ /etc/systemd/system/bench3.service", "unit-bench3"),
        ("systemctl stop bench1.service", "service"),
    ]

    /// Writes all contenders' forms of it below `directory`.
    func write() throws {
        try writeFinflowctl()
        try writeAnsible()
        try writePyinfra()
    }
}

extension String {
    /// The last part of a path.
    fileprivate var hashless: Substring { split(separator: "/").last ?? "" }
}

/// `text` with each line indented.
func indented(_ text: String, by count: Int) -> String {
    let margin = String(repeating: " ", count: count)
    return text.split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.isEmpty ? "" : margin + $0 }.joined(separator: "\n")
}
