import Lab
import Loop
import Testing

/// The built program with its libraries and the playbooks, copied to a host that has no Swift.
struct ResidentProgram {
    private let host: LabHost
    private static let place = "/opt/finflowctl"

    private static let copying = """
        set -e
        tree=$(mktemp -d)
        trap 'rm -rf "$tree"' EXIT
        mkdir "$tree/lib"
        cp "$1" "$tree/finflowctl"
        ldd "$1" | awk '$3 ~ "^/" { print $3 }' | grep -v -e '/libc\\.so' -e '/libm\\.so' |
          xargs cp --dereference --target-directory="$tree/lib"
        cp -r "$2/Playbooks" "$tree/"
        chmod -R go=u-w "$tree"
        tar -C "$tree" -cf - . |
          ssh -F "$3" -l root "$4" 'mkdir \(place) && tar -C \(place) -xf - --no-same-owner'
        """

    static func install(on host: LabHost) async throws -> ResidentProgram {
        let copy = try await ChildProcess.collect(
            Command(
                "sh",
                [
                    "-c", copying, "sh", try Program.path, LabPlaybooks.project,
                    host.site.sshConfigFile, host.name,
                ]))
        try #require(copy.exit.isSuccess, "\(copy.errorText)")
        return ResidentProgram(host: host)
    }

    private func words(_ arguments: String) -> String {
        "env LD_LIBRARY_PATH=\(Self.place)/lib FINFLOW_PLAYBOOKS=\(Self.place)/Playbooks "
            + "\(Self.place)/finflowctl \(arguments)"
    }

    func asRoot(_ arguments: String) async throws -> CollectedOutput {
        try await host.inspect("HOME=/root \(words(arguments))")
    }

    /// As `ops`, in a session of its own, as after a login.
    func asUser(_ arguments: String) async throws -> CollectedOutput {
        try await host.ssh(words(arguments))
    }
}
