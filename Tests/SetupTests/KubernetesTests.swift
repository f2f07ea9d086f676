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
            _ = try await leased[1].inspect("echo '/dev/sdz none swap sw 0 0' >>/etc/fstab")
            try cluster.want("1.30.4", workers: 2)
            let run = try await cluster.converge()
            try await cluster.expectNodes(Array(cluster.hosts.prefix(3)), "1.30.4")
            try await cluster.expectNothingToDo()
            try await Self.expectPrerequisites(on: leased[1])
            let kubeconfig = try await first.inspect("readlink /root/.kube/config")
            #expect(kubeconfig.outputText == "/etc/kubernetes/admin.conf\n")
            let elsewhere = try await leased[1].inspect("ls /etc/kubernetes/admin.conf")
            #expect(!elsewhere.exit.isSuccess)

            try await Self.expectNoSecondCluster(on: leased[3], beside: cluster)

            // What a join leaves that died in it.
            _ = try await leased[3].inspect(
                """
                mkdir -p /etc/kubernetes/pki
                touch /etc/kubernetes/finflow-join /etc/kubernetes/pki/ca.crt
                echo bootstrap >/run/kubeadm-last-phase
                """)
            try cluster.want("1.30.4")
            // It dies once more, where its kubelet has its credentials by now; that is finished.
            let died = try await cluster.setup("--limit", leased[3].name)
            #expect(died.status != 0)
            let added = try await cluster.setup("--limit", leased[3].name)
            #expect(added.status == 0, "\(added.output.suffix(4000))\(added.error)")
            #expect(added.changed.contains("\(leased[3].name)/kubernetes/join-end"))
            for host in watched { try await TokenWatch.expectNone(on: host) }
            #expect(added.changed.allSatisfy { $0.hasPrefix(leased[3].name) })
            let socket = try await first.inspect(
                "kubectl get node \(leased[3].name) -o json | grep -c containerd.sock")
            #expect(socket.outputText == "1\n")
            try await cluster.expectNodes(cluster.hosts, "1.30.4")
            try await cluster.expectNothingToDo()
            let tokens = try await cluster.events().filter { $0.event == "token" }.map(\.name)
            #expect(
                tokens == ["made by kubeadm init"]
                    + leased[1...].map { "for \($0.name) to join" })

            try await Self.expectAWrongTokenOpensNothing(on: leased[1], of: first)

            // And what `kubeadm init` leaves that died at its end.
            _ = try await first.inspect("touch /etc/kubernetes/finflow-init")
            let finished = try await cluster.converge()
            #expect(finished.changed == ["\(first.name)/kubernetes/init"])
            try await cluster.expectNodes(cluster.hosts, "1.30.4")
            try await cluster.expectNothingToDo()

            for secret in try await cluster.secrets() {
                let runs = [run, died, added]
                for text in runs.flatMap({ [$0.output, $0.error] }) {
                    #expect(!text.contains(secret))
                }
                for host in cluster.hosts { try await TokenWatch.expectNowhere(secret, on: host) }
            }
        }
    }

    /// A host that comes first in the inventory makes no cluster where there is one, and the
    /// nodes of that are left alone.
    private static func expectNoSecondCluster(
        on host: LabHost, beside cluster: KubernetesCluster
    ) async throws {
        try cluster.want("1.30.6", workers: 2, before: host)
        let nodes = cluster.hosts.prefix(3)
        let refused = try await cluster.setup()
        #expect(refused.status != 0)
        #expect(
            refused.output.contains(
                "\(nodes.map(\.name).sorted().joined(separator: ", ")) already belong to one"))
        let made = try await host.inspect("ls /etc/kubernetes/admin.conf")
        #expect(!made.exit.isSuccess)
        #expect(refused.changed.allSatisfy { $0.hasPrefix(host.name) })
        // A node by itself would have been changed without leaving its pods time.
        let node = cluster.workers[0].name
        let alone = try await cluster.setup("--limit", node)
        #expect(alone.status != 0)
        #expect(alone.output.contains("\(node) belongs to a cluster"))
        #expect(alone.changed == [])
        try await cluster.expectNodes(Array(nodes), "1.30.4")
    }

    /// That the stand-ins check what they are given, or nothing here would mean much.
    private static func expectAWrongTokenOpensNothing(
        on host: LabHost, of first: LabHost
    ) async throws {
        let digest = String(repeating: "0", count: 64)
        let joining = try await host.inspect(
            """
            kubeadm join --config /dev/stdin --ignore-preflight-errors=\
            FileAvailable--etc-kubernetes-kubelet.conf,FileAvailable--etc-kubernetes-pki-ca.crt,\
            Port-10250 <<END
            kind: JoinConfiguration
            discovery:
              bootstrapToken:
                apiServerEndpoint: "\(first.insideAddress):6443"
                token: "aaaaaa.0000000000000000"
                caCertHashes: ["sha256:\(digest)"]
            nodeRegistration: { name: stranger }
            END
            """)
        #expect(!joining.exit.isSuccess)
        #expect(joining.errorText.contains("Unauthorized"), "\(joining.errorText)")
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
            grep -c swap /etc/fstab || :
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
                0

                """)
        if await MachineFact.modulesAreOuter.excuses("a node's kernel modules are loaded") {
            return
        }
        let modules = try await host.inspect("ls -d /sys/module/overlay /sys/module/br_netfilter")
        #expect(modules.exit.isSuccess)
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

            // Back to a patch before, which kubeadm itself would do: refused on any host.
            try cluster.want("1.30.4")
            let down = try await cluster.setup("--limit", "\(cluster.first.name),\(last.name)")
            #expect(down.status != 0)
            #expect(down.changed == [])
            #expect(down.output.contains("the cluster runs 1.30.6 and cannot become 1.30.4"))
            try await cluster.expectNodes(cluster.hosts, "1.30.6")

            // A minor version, by a run that dies with a worker drained.
            try cluster.want("1.31.2")
            try await Self.kill(cluster, afterChange: "\(broken.name)/kubernetes/drain")
            nodes = try await cluster.nodes()
            #expect(nodes.map(\.isCordoned) == [false, true, false])
            // A run of the next worker alone does not bring that one back, and says who does.
            let alone = try await cluster.setup("--limit", last.name)
            #expect(alone.status != 0)
            #expect(
                alone.output.contains(
                    "drained by an earlier run, and ready again: \(broken.name) - run it without"))
            #expect(!alone.output.contains("not ready"))
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
    func `a second control plane joins behind a balancer, whole or not at all, and is upgraded`()
        async throws
    {
        let leased = LabHost.leased
        let (first, second, balancer) = (leased[0], leased[1], leased[2])
        try await KubernetesCluster.with(Array(leased[..<2]), [leased[2]]) { cluster in
            var cluster = cluster
            cluster.endpoint = "\(balancer.insideAddress):7443"
            try await Self.balance(on: balancer, to: first)
            try cluster.want("1.30.6")

            // It dies as a node without etcd, and that is not taken for a control plane.
            _ = try await second.inspect("echo kubelet-start >/run/kubeadm-last-phase")
            let died = try await cluster.setup()
            #expect(died.status != 0)
            #expect(try await cluster.nodes().map(\.name) == [first.name, second.name])
            let half = try await cluster.setup()
            #expect(half.status != 0)
            #expect(half.output.contains("`kubeadm join` died on \(second.name)"))
            #expect(half.output.contains("`kubectl delete node \(second.name)` on \(first.name)"))
            #expect(half.changed == [])
            _ = try await second.inspect(
                "kubeadm reset --force && rm /etc/kubernetes/finflow-join")
            _ = try await first.inspect("kubectl delete node \(second.name)")

            let run = try await cluster.converge()
            try await cluster.expectNodes(cluster.hosts, "1.30.6")
            let planes = try await first.inspect(
                "kubectl get nodes -l node-role.kubernetes.io/control-plane -o name")
            #expect(
                planes.outputText == leased[..<2].map { "node/\($0.name)\n" }.joined())
            let nodes = try await second.inspect("kubectl get nodes | wc -l")
            #expect(nodes.outputText == "3\n")
            try await cluster.expectNothingToDo()
            for text in [died, half, run].map(\.output) {
                #expect(!text.contains("certificate key"))
            }

            // Whoever asks hears the control plane that is upgraded last.
            try await Self.balance(on: balancer, to: second)
            try cluster.want("1.31.2")
            let one = try await cluster.setup("--limit", first.name)
            #expect(one.status == 0, "\(one.output.suffix(4000))\(one.error)")
            // Not the worker before both.
            let between = try await cluster.setup("--limit", balancer.name)
            #expect(between.status != 0)
            #expect(between.output.contains("no worker goes before them: \(second.name)"))
            #expect(
                try await cluster.nodes().map(\.version) == ["v1.31.2", "v1.30.6", "v1.30.6"])
            try await cluster.converge()
            try await cluster.expectNodes(cluster.hosts, "1.31.2")
            try await cluster.expectNothingToDo()
        }
    }

    /// Has all connections to port 7443 of a host go to this API server.
    private static func balance(on host: LabHost, to plane: LabHost) async throws {
        let started = try await host.inspect(
            """
            systemctl stop balancer.socket balancer.service 2>/dev/null
            systemd-run --quiet --unit=balancer --socket-property=ListenStream=7443 \
              /lib/systemd/systemd-socket-proxyd \(plane.insideAddress):6443
            """)
        try #require(started.exit.isSuccess, "\(started.errorText)")
    }
}
