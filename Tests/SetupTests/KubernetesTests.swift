import Glibc
import Lab
import LabTraits
import Loop
import Testing

/// The role `kubernetes` on real hosts, with stand-ins for kubeadm, kubelet and kubectl
/// (Tests/Lab/Kubernetes/README.md).
@Suite struct KubernetesTests {
    @Test(.hosts(4), .timeLimit(.minutes(15)))
    func `a cluster is made of bare hosts once, and a host that is added later joins it`()
        async throws
    {
        let leased = LabHost.leased
        try await KubernetesCluster.with([leased[0]], Array(leased[1...])) { cluster in
            let first = cluster.first
            let watched = [first, leased[1], leased[3]]
            for host in watched { try await TokenWatch.start(on: host) }
            try cluster.want("1.30.4", workers: 2)
            let run = try await cluster.converge()
            try await cluster.expectNodes(Array(cluster.hosts.prefix(3)), "1.30.4")
            try await cluster.expectNothingToDo()
            try await Self.expectPrerequisites(on: leased[1])
            let kubeconfig = try await first.inspect("readlink /root/.kube/config")
            #expect(kubeconfig.outputText == "/etc/kubernetes/admin.conf\n")
            let elsewhere = try await leased[1].inspect("ls /etc/kubernetes/admin.conf")
            #expect(!elsewhere.exit.isSuccess)

            try cluster.want("1.30.4")
            let added = try await cluster.setup("--limit", leased[3].name)
            #expect(added.status == 0, "\(added.output.suffix(4000))\(added.error)")
            for host in watched { try await TokenWatch.expectNone(on: host) }
            #expect(added.changed.allSatisfy { $0.hasPrefix(leased[3].name) })
            try await cluster.expectNodes(cluster.hosts, "1.30.4")
            try await cluster.expectNothingToDo()
            let tokens = try await cluster.events().filter { $0.event == "token" }.map(\.name)
            #expect(
                tokens == ["made by kubeadm init"]
                    + leased[1...].map { "for \($0.name) to join" })

            for secret in try await cluster.secrets() {
                for text in [run.output, run.error, added.output, added.error] {
                    #expect(!text.contains(secret))
                }
                for host in cluster.hosts { try await TokenWatch.expectNowhere(secret, on: host) }
            }
        }
    }

    private static func expectPrerequisites(on host: LabHost) async throws {
        let answer = try await host.inspect(
            """
            cat /proc/sys/net/ipv4/ip_forward
            systemctl is-active containerd kubelet
            systemctl is-enabled containerd kubelet
            containerd config dump | grep -c 'SystemdCgroup = true'
            apt-cache policy kubelet | sed -n 's/ *Candidate: //p'
            apt-get -s dist-upgrade | grep -c 'Inst kube' || :
            """)
        #expect(
            answer.outputText == """
                1
                active
                active
                enabled
                enabled
                1
                1.30.4-1.1
                0

                """)
    }

    @Test(.hosts(3), .timeLimit(.minutes(15)))
    func `an upgrade goes from node to node, stops at the first that fails, and is finished`()
        async throws
    {
        let leased = LabHost.leased
        let (broken, last) = (leased[1], leased[2])
        try await KubernetesCluster.with([leased[0]], Array(leased[1...])) { cluster in
            try cluster.want("1.30.4")
            try await cluster.converge()
            let made = try await cluster.events().count

            // Two minor versions at once: refused before anything is touched.
            try cluster.want("1.32.0")
            let refused = try await cluster.setup()
            #expect(refused.status != 0)
            #expect(refused.changed == [])
            #expect(refused.output.contains("the cluster runs 1.30.4 and cannot become 1.32.0"))
            #expect(try await cluster.program.run("plan", "--env", "lab").status != 0)
            try await cluster.expectNodes(cluster.hosts, "1.30.4")

            // The new kubelet of the first worker cannot start: the next worker stays as it is.
            _ = try await broken.inspect("echo KUBELET_EXTRA_ARGS=--gone >/etc/default/kubelet")
            try cluster.want("1.30.6")
            let stopped = try await cluster.setup()
            #expect(stopped.status != 0)
            #expect(stopped.output.contains("journalctl --unit kubelet"))
            #expect(!stopped.changed.contains { $0.hasPrefix(last.name) })
            var nodes = try await cluster.nodes()
            #expect(nodes.map(\.version) == ["v1.30.6", "v1.30.4", "v1.30.4"])
            #expect(nodes.map(\.isCordoned) == [false, true, false])

            _ = try await broken.inspect("rm /etc/default/kubelet")
            try await cluster.converge()
            try await cluster.expectNodes(cluster.hosts, "1.30.6")
            try await cluster.expectNothingToDo()

            // A minor version, by a run that dies with a worker drained.
            try cluster.want("1.31.2")
            try await Self.kill(cluster, afterChange: "\(broken.name)/kubernetes/drain")
            nodes = try await cluster.nodes()
            #expect(nodes.map(\.isCordoned) == [false, true, false])
            try await cluster.converge()
            try await cluster.expectNodes(cluster.hosts, "1.31.2")
            try await cluster.expectNothingToDo()

            // What a person cordoned is not a run's to uncordon.
            _ = try await cluster.first.inspect("kubectl cordon \(last.name)")
            let left = try await cluster.converge()
            #expect(left.changed == [])
            #expect(try await cluster.nodes().map(\.isCordoned) == [false, false, true])
            Self.expectOrder(of: try await cluster.events().dropFirst(made), cluster)
        }
    }

    /// Each node is drained, upgraded and uncordoned before the next one is touched.
    private static func expectOrder(
        of events: some Sequence<KubernetesCluster.Event>, _ cluster: KubernetesCluster
    ) {
        var cordoned: Set<String> = []
        var upgraded: [String: [String]] = [:]
        for event in events {
            switch event.event {
            case "cordoned": cordoned.insert(event.name)
            case "uncordoned": cordoned.remove(event.name)
            case "token": Issue.record("a token was made by an upgrade: \(event)")
            case let text where text.hasPrefix("kubelet "):
                #expect(cordoned == [event.name], "\(event)")
                upgraded[event.name, default: []].append(String(text.dropFirst(8)))
            case let text where text.hasPrefix("node upgraded "):
                #expect(cordoned == [event.name], "\(event)")
            default: break
            }
            #expect(cordoned.count <= 1, "\(event)")
        }
        #expect(
            upgraded
                == Dictionary(
                    cluster.hosts.map { ($0.name, ["v1.30.6", "v1.31.2"]) },
                    uniquingKeysWith: { $1 }))
    }

    /// Ends a setup with SIGKILL as soon as it tells of a change.
    private static func kill(_ cluster: KubernetesCluster, afterChange task: String) async throws {
        let command = try cluster.program.command(["setup", "--env", "lab", "--json"])
        try await ChildProcess.withRunning(command) { child in
            var output: [UInt8] = []
            var hasTold = false
            while !hasTold, let chunk = try await child.read() {
                if case .output(let bytes) = chunk { output += bytes }
                let text = String(decoding: output, as: UTF8.self)
                hasTold = Program.Outcome(status: nil, output: text).changed.contains(task)
            }
            #expect(hasTold)
            await child.signal(SIGKILL)
        }
    }

    @Test(.hosts(3), .timeLimit(.minutes(15)))
    func `a second control plane joins with the key of the first one's certificates`() async throws
    {
        let leased = LabHost.leased
        try await KubernetesCluster.with(Array(leased[..<2]), [leased[2]]) { cluster in
            try cluster.want("1.30.6")
            let run = try await cluster.converge()
            try await cluster.expectNodes(cluster.hosts, "1.30.6")
            let planes = try await cluster.first.inspect(
                "kubectl get nodes -l node-role.kubernetes.io/control-plane -o name")
            #expect(
                planes.outputText == leased[..<2].map { "node/\($0.name)\n" }.joined())
            let second = try await leased[1].inspect("kubectl get nodes | wc -l")
            #expect(second.outputText == "3\n")
            try await cluster.expectNothingToDo()
            #expect(!run.output.contains("certificate key"))

            try cluster.want("1.31.2")
            try await cluster.converge()
            try await cluster.expectNodes(cluster.hosts, "1.31.2")
            try await cluster.expectNothingToDo()
        }
    }
}
