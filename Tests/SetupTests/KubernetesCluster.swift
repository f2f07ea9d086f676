import FoundationEssentials
import Lab
import Loop
import Testing

/// A cluster of lab hosts, as the project's own site and role make it of the stand-ins.
struct KubernetesCluster {
    let planes: [LabHost]
    let workers: [LabHost]
    let program: Program
    private let key: String
    /// Where the API is reached: the first control plane itself, or what stands before all.
    var endpoint: String

    var hosts: [LabHost] { planes + workers }
    /// Where the cluster is.
    var first: LabHost { planes[0] }

    static func with<Value>(
        _ planes: [LabHost], _ workers: [LabHost],
        _ body: (KubernetesCluster) async throws -> Value
    ) async throws -> Value {
        let hosts = planes + workers
        try await hosts.reset()
        let names = hosts.map { "\($0.insideAddress) \($0.name)\n" }.joined()
        for host in hosts { _ = try await host.inspect("printf '\(names)' >>/etc/hosts") }
        let key = try await hosts[0].inspect("cat /srv/kubernetes/key.asc").outputText
        return try await LabPlaybooks.withProject(on: hosts) { program in
            try await body(
                KubernetesCluster(
                    planes: planes, workers: workers, program: program, key: key,
                    endpoint: "\(planes[0].insideAddress):6443"))
        }
    }

    /// Writes the environment as an operator would.
    /// - Parameters:
    ///   - count: of the workers that are nodes.
    ///   - before: a control plane that stands before all others.
    func want(_ version: String, workers count: Int? = nil, before: LabHost? = nil) throws {
        let minor = version.split(separator: ".").prefix(2).joined(separator: ".")
        let inserted = before.map { [$0] } ?? []
        let others = hosts.filter { $0.name != before?.name }
        func list(_ hosts: some Sequence<LabHost>) -> String {
            hosts.map(\.name).joined(separator: ", ")
        }
        let key = key.split(separator: "\n", omittingEmptySubsequences: false)
        try write(
            [
                "environments/lab/environment.yaml": LabPlaybooks.inventory(inserted + others) + """
                      groups:
                        workstation: {}
                        servers: {}
                        containers: {}
                        app: {}
                        monitoring: {}
                        kubernetes: { children: [control_plane, workers] }
                        control_plane: { hosts: [\(list(inserted + planes))] }
                        workers: { hosts: [\(list(workers.prefix(count ?? workers.count)))] }
                    vars:
                      system: false
                      kubernetes_version: "\(version)"
                      kubernetes_repository: file:/srv/kubernetes/v\(minor)
                      kubernetes_endpoint: "\(endpoint)"
                      kubernetes_ready_seconds: 20
                      kubernetes_repository_key: |
                    \(key.map { "    \($0)" }.joined(separator: "\n"))

                    """
            ], below: program.playbooks)
    }

    func setup(_ arguments: String...) async throws -> Program.Outcome {
        try await program.run(["setup", "--env", "lab", "--json"] + arguments)
    }

    /// Sets it up, and expects that it can be.
    @discardableResult
    func converge() async throws -> Program.Outcome {
        let run = try await setup()
        #expect(run.status == 0, "\(run.output.suffix(4000))\(run.error)")
        return run
    }

    func expectNothingToDo() async throws {
        let events = try await events()
        let run = try await converge()
        #expect(run.changed == [])
        #expect(try await self.events() == events, "a run that changes nothing asks for nothing")
        #expect(try await program.run("plan", "--env", "lab").status == 0)
    }

    // MARK: - What there is

    struct Node: Hashable {
        var name: String
        var isReady: Bool
        var isCordoned: Bool
        var version: String
    }

    /// As `kubectl get nodes` on the first control plane says, in the order of `hosts`.
    func nodes() async throws -> [Node] {
        let said = try await first.inspect("kubectl get nodes")
        try #require(said.exit.isSuccess, "\(said.errorText)")
        let nodes = said.outputText.split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            return Node(
                name: words[0], isReady: words[1].hasPrefix("Ready"),
                isCordoned: words[1].hasSuffix("SchedulingDisabled"), version: words[2])
        }
        return hosts.compactMap { host in nodes.first { $0.name == host.name } }
    }

    func expectNodes(_ hosts: [LabHost], _ version: String) async throws {
        let nodes = try await nodes()
        #expect(
            nodes
                == hosts.map {
                    Node(name: $0.name, isReady: true, isCordoned: false, version: "v\(version)")
                })
        for host in hosts {
            let packages = try await host.inspect(
                "dpkg-query -W -f '${Package} ${Version} ${db:Status-Want}\\n' kube*")
            #expect(
                packages.outputText
                    == ["kubeadm", "kubectl", "kubelet"]
                    .map { "\($0) \(version)-1.1 hold\n" }.joined())
        }
    }

    /// What happened in the cluster, in order.
    struct Event: Hashable, Decodable {
        var event: String
        var name: String
    }

    func events() async throws -> [Event] {
        let text = try await first.inspect("cat /var/lib/etcd/events.ndjson").outputText
        return try text.split(separator: "\n").map {
            try JSONDecoder().decode(Event.self, from: Data($0.utf8))
        }
    }

    /// All tokens and keys that the cluster ever gave out.
    func secrets() async throws -> [String] {
        struct State: Decodable {
            struct Token: Decodable { var token: String }
            var tokens: [String: Token]
            var admin: String
        }
        let text = try await first.inspect("cat /var/lib/etcd/state.json").outputText
        let state = try JSONDecoder().decode(State.self, from: Data(text.utf8))
        return state.tokens.values.map(\.token) + [state.admin]
    }
}
