import Lab
import Loop
import Testing

/// A service of a few lines, in releases that behave or do not.
enum SmallService {
    enum Conduct: String {
        case ready, neverReady, ends
    }

    /// It speaks as much HTTP as a health check needs, with what a bare host has. `/harm` tries
    /// what a service must not be able to do.
    private static func program(_ release: String, _ conduct: Conduct) -> String {
        """
        #!/usr/bin/python3 -IS
        import os, socket, sys
        print("payments \(release) starts", flush=True)
        conduct = "\(conduct)"
        if conduct == "ends":
            sys.exit("no licence")
        if conduct == "neverReady":
            print("no database", flush=True)

        def written(path, text="#!/bin/sh\\n", mode=0o755):
            with open(path, "w") as file:
                file.write(text)
            os.chmod(path, mode)

        def run_what_it_wrote(directory):
            path = directory + "/program"
            written(path)
            if os.spawnv(os.P_WAIT, path, [path]) == 0:
                return
            raise OSError(path)

        def harm():
            tries = {
                "its own program": lambda: written(sys.argv[0]),
                "its releases": lambda: written("/opt/finflow/payments/releases/x"),
                "etc": lambda: written("/etc/x"),
                "secrets": lambda: open("/etc/finflow/payments.env").read(),
                "homes": lambda: os.listdir("/home/ops"),
                "the kernel": lambda: written("/proc/sys/kernel/hostname", "x", 0o644),
                "programs in its logs": lambda: run_what_it_wrote(os.environ["FINFLOW_LOGS"]),
                "programs in tmp": lambda: run_what_it_wrote("/tmp"),
                "programs in var": lambda: run_what_it_wrote("/var/tmp"),
                "programs in memory": lambda: run_what_it_wrote("/dev/shm"),
                "raw packets": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
                "being root": lambda: os.setuid(0),
            }
            done = []
            for name, attempt in tries.items():
                try:
                    attempt()
                    done.append(name)
                except OSError:
                    pass
            return ", ".join(done) or "all refused"

        def answer(path):
            if path == "/health/ready":
                return ("200 OK", "") if conduct == "ready" else ("503 Unavailable", "")
            if path == "/version":
                return "200 OK", os.environ["RELEASE"]
            if path == "/greeting":
                return "200 OK", os.environ["GREETING"]
            if path == "/harm":
                return "200 OK", harm()
            return "404 Not Found", ""

        with open(os.environ["FINFLOW_LOGS"] + "/service.log", "a") as log:
            log.write("starts\\n")
        listener = socket.create_server(("", int(os.environ["FINFLOW_PORT"])))
        while True:
            connection, _ = listener.accept()
            with connection:
                words = connection.recv(4096).decode().split(" ")
                status, body = answer(words[1] if len(words) > 1 else "")
                head = f"HTTP/1.1 {status}\\r\\nContent-Length: {len(body)}\\r\\nConnection: close"
                connection.sendall(f"{head}\\r\\n\\r\\n{body}".encode())

        """
    }

    /// Writes an archive for each release, as a build would.
    static func makeReleases(_ releases: [String: Conduct], in directory: String) async throws {
        for (release, conduct) in releases {
            let tree = "\(directory)/\(release)"
            try write(["payments": program(release, conduct)], below: tree)
            let archive = "\(directory)/payments-\(release).tar.gz"
            let packing = try await ChildProcess.collect(
                Command(
                    "sh",
                    [
                        "-c", "chmod 755 \"$1/payments\" && tar -C \"$1\" -czf \"$2\" payments",
                        "sh",
                        tree, archive,
                    ]))
            try #require(packing.exit.isSuccess, "\(packing.errorText)")
        }
    }

    /// What the service answers to a stranger on the host's network.
    static func page(_ path: String, on host: LabHost) async throws -> String {
        let url = "http://\(host.insideAddress):8081\(path)"
        let answer = try await ChildProcess.collect(
            Command(
                "nsenter",
                ["--net=\(host.site.namespace)", "curl", "--silent", "--show-error", url]))
        return answer.exit.isSuccess ? answer.outputText : answer.errorText
    }
}
