import Hosts
public import Resources
public import Schema
import TaskGraph
public import Template
public import Vocabulary
import YAML

extension Project {
    /// Reads the playbooks of an environment and checks them for every host.
    ///
    /// - Parameters:
    ///   - root: the directory with site.yaml.
    ///   - sets: variables that stand above all others: `--set name=value`. Something has to
    ///     know each of them.
    ///   - implied: the same, below `sets` and whether anything knows them or not.
    ///   - reach: whether roles that no play names are read and checked too.
    ///   - credentials: those of the environment's `secrets.age`; `nil` when nobody opened it.
    ///   - catalogue: the types of resources that tasks may name.
    ///   - facts: the keys that the variable `facts` has.
    /// - Throws: Everything that is wrong, as far as it can be told before a host is asked.
    public static func load(
        root: String, environment: String, sets: [(String, String)] = [],
        implied: [(String, String)] = [], reach: Reach = .named, credentials: Credentials? = nil,
        catalogue: [ResourceType] = ResourceCatalogue.all, facts: ValueShape = Facts.shape
    ) throws(Diagnostics) -> Project {
        try draft(
            root: root, environment: environment, sets: sets, implied: implied, reach: reach,
            catalogue: catalogue, facts: facts
        ).project(with: credentials)
    }

    /// The same without filling anything in yet: for who has to find out first whether
    /// credentials are needed.
    public static func draft(
        root: String, environment: String, sets: [(String, String)] = [],
        implied: [(String, String)] = [], reach: Reach = .named,
        catalogue: [ResourceType] = ResourceCatalogue.all, facts: ValueShape = Facts.shape
    ) -> Draft {
        var loading = Loading(root: root, catalogue: catalogue, facts: facts)
        return loading.draft(
            environment: environment, sets: SetVariables(sets, implied: implied), reach)
    }

    /// Which roles are read.
    public enum Reach: Sendable {
        /// Those that a play names.
        case named
        /// All that there are. Of the others their variables are not known, so their conditions
        /// and values are not judged; all that can be without is.
        case all
    }
}

/// One reading of a playbook directory. What can be checked is, whatever else is wrong.
struct Loading: Sendable {
    let catalogue: [ResourceType]
    let facts: ValueShape
    let cache = FileCache()
    var directory: PlaybookDirectory
    var wrong = Diagnostics()
    var roles: [String: Role] = [:]
    var broken: Set<String> = []

    init(root: String, catalogue: [ResourceType], facts: ValueShape) {
        directory = PlaybookDirectory(root: root)
        self.catalogue = catalogue
        self.facts = facts
    }

    /// What was read, before anything is filled in.
    struct Parts: Sendable {
        var name: String
        var sets: SetVariables
        var reach: Project.Reach
        var environment: EnvironmentModel?
        var plays: [Play]
        var setLayer: VariableLayer?
        var applications: [(Play, [Application])]
        var layers: Layers?
        var secretUses: [SecretUse] = []
    }

    mutating func draft(
        environment name: String, sets: SetVariables, _ reach: Project.Reach
    ) -> Project.Draft {
        let environment = environment(name)
        let plays = site()
        for play in plays {
            for entry in play.roles { readRole(entry.role) }
        }
        let setLayer = wrong.collect { () throws(Diagnostics) in
            try sets.layer()
        }
        let applications = plays.enumerated().map { number, play in
            (play, self.applications(of: play, number: number))
        }
        if reach == .all { checkOtherRoles() }
        let secrets = directory.path("environments", name, "secrets.age")
        var parts = Parts(
            name: name, sets: sets, reach: reach, environment: environment, plays: plays,
            setLayer: setLayer, applications: applications,
            layers: environment.flatMap { layers(of: $0, name) })
        parts.secretUses = secretUses(parts)
        return Project.Draft(
            secretUses: parts.secretUses, secretsFile: LocalFile.isThere(secrets) ? secrets : nil,
            hasErrors: wrong.hasErrors, loading: self, parts: parts)
    }

    /// What needs a credential in the environment.
    private func secretUses(_ parts: Parts) -> [SecretUse] {
        var demand = SecretDemand()
        for layer in [parts.layers?.environment, parts.setLayer] {
            if let layer { demand.add(layer) }
        }
        for layer in parts.layers?.groups.values ?? [:].values { demand.add(layer) }
        for layer in parts.layers?.hosts.values ?? [:].values { demand.add(layer) }
        for (play, applications) in parts.applications {
            // What is for no host here needs nothing.
            guard let inventory = parts.environment?.inventory,
                let hosts = try? HostPattern(play.hosts.value, at: play.hosts.place)
                    .hosts(in: inventory), !hosts.isEmpty
            else { continue }
            for application in applications { demand.add(application, cache) }
        }
        return demand.secrets
    }

    mutating func project(
        of parts: Parts, _ secrets: SecretsInput
    ) throws(Diagnostics) -> Project {
        let (name, sets, reach) = (parts.name, parts.sets, parts.reach)
        let (plays, applications) = (parts.plays, parts.applications)
        guard let environment = parts.environment, let layers = parts.layers,
            let setLayer = parts.setLayer
        else { throw wrong }
        let builtins = BuiltinVariables(
            environment: name, platform: environment.platform.rawValue,
            inventory: environment.inventory, facts: facts, secrets: secrets,
            secretUses: parts.secretUses)
        var expansion = Expansion(
            environment: environment, builtins: builtins, environmentLayer: layers.environment,
            groupLayers: layers.groups, setLayer: setLayer, cache: cache,
            outputs: OutputTable(roles: roles))
        let hosts = expand(applications, layers.hosts, environment.inventory, &expansion)
        wrong.add(expansion.problems.diagnostics(ofHosts: environment.inventory.hosts.count))
        checkReferences(hosts, environment.inventory)
        checkAreKnown(sets, applications, layers)
        if reach == .all { checkFilesOfRoles(notOn: hosts) }
        try wrong.throwIfErrors()
        return Project(
            environment: Project.Environment(
                name: name, platform: environment.platform, state: environment.state,
                inventory: environment.inventory),
            tasks: GraphAssembly(hosts, inventory: environment.inventory).tasks(),
            rolling: Self.policies(plays), credentials: secrets.credentials,
            yamlTexts: directory.sources, cache: cache,
            layersOfHosts: Dictionary(
                environment.inventory.hosts.compactMap { host in
                    guard let own = layers.hosts[host.name] else { return nil }
                    return (
                        host.name,
                        [layers.environment] + host.groups.compactMap { layers.groups[$0] }
                            + [own, setLayer]
                    )
                }, uniquingKeysWith: { first, _ in first }),
            builtins: builtins)
    }
}

// MARK: - Reading files

extension Loading {
    mutating func environment(_ name: String) -> EnvironmentModel? {
        let path = directory.path("environments", name, "environment.yaml")
        let known = directory.names(in: "environments")
        let near = nearestName(to: name, among: known)
        let help =
            known.isEmpty
            ? "`--playbooks` says where the playbooks are."
            : "There are \(known.map { "`\($0.visible)`" }.joined(separator: ", "))."
                + (near.map { " Did you mean `\($0)`?" } ?? "")
        return wrong.collect { () throws(Diagnostics) in
            let value = try directory.document(
                path, named: "the environment `\(name.visible)`", asked: nil, help: help)
            return try EnvironmentModel.schema.read(value.orNoEntries)
        }
    }

    private mutating func site() -> [Play] {
        let path = directory.path("site.yaml")
        let plays = wrong.collect { () throws(Diagnostics) in
            let value = try directory.document(
                path, named: "the site", asked: nil,
                help: "`--playbooks` says where the playbooks are.")
            return try FieldType<[Play]>.list(of: .nested()).read(value)
        }
        return plays ?? []
    }

    private mutating func readRole(_ name: Placed<String>) {
        guard roles[name.value] == nil, !broken.contains(name.value) else { return }
        let known = directory.names(in: "roles")
        guard known.contains(name.value) else {
            broken.insert(name.value)
            wrong.add(
                Diagnostic(
                    .unknownRole, "there is no role `\(name.value)`", at: name.place,
                    hint: nearestName(to: name.value, among: known).map { "did you mean `\($0)`?" },
                    help: "It would be the file \(directory.path("roles", name.value))/role.yaml."))
            return
        }
        roles[name.value] = wrong.collect { () throws(Diagnostics) in
            try Self.role(name.value, in: &directory, asked: name.place, catalogue)
        }
        if roles[name.value] == nil { broken.insert(name.value) }
    }

    /// - Parameter place: where it is named; `nil` when nothing names it.
    static func role(
        _ name: String, in directory: inout PlaybookDirectory, asked place: SourcePlace?,
        _ catalogue: [ResourceType]
    ) throws(Diagnostics) -> Role {
        let path = directory.path("roles", name)
        let value = try directory.document(
            path + "/role.yaml", named: "the role `\(name)`", asked: place,
            help: "A role is the file roles/NAME/role.yaml.")
        return try Role(value, path: path, catalogue: catalogue)
    }
}

// MARK: - Plays, variables, hosts

extension Loading {
    private mutating func applications(
        of play: Play, number: Int
    ) -> [Application] {
        let playLayer = wrong.collect { () throws(Diagnostics) in
            try VariableLayer("play of \(play.hosts.value)", play.vars).ofNoHost()
        }
        return play.roles.compactMap { entry in
            let entryLayer = wrong.collect { () throws(Diagnostics) in
                try VariableLayer("role \(entry.name) in site.yaml", entry.vars).ofNoHost()
            }
            guard let role = roles[entry.role.value] else { return nil }
            return Application(
                play: play, entry: entry, role: role,
                layers: [playLayer, entryLayer].compactMap(\.self),
                rolling: play.batch.map { _ in Self.rollingGroup(play, number) })
        }
    }

    private static func rollingGroup(_ play: Play, _ number: Int) -> RollingGroup {
        RollingGroup("play \(number + 1), \(play.hosts.value)")
    }

    fileprivate static func policies(_ plays: [Play]) -> [RollingGroup: RollingPolicy] {
        var policies: [RollingGroup: RollingPolicy] = [:]
        for (number, play) in plays.enumerated() {
            guard let batch = play.batch else { continue }
            policies[rollingGroup(play, number)] = RollingPolicy(
                batch: batch, maxFailures: play.maxFailures)
        }
        return policies
    }

    struct Layers: Sendable {
        var environment: VariableLayer
        var groups: [String: VariableLayer] = [:]
        var hosts: [HostName: VariableLayer] = [:]
    }

    private mutating func layers(of model: EnvironmentModel, _ name: String) -> Layers? {
        let environment = wrong.collect { () throws(Diagnostics) in
            try VariableLayer("environment \(name)", model.vars)
        }
        var layers = environment.map { Layers(environment: $0) }
        for group in model.inventory.groups {
            layers?.groups[group.name] = wrong.collect { () throws(Diagnostics) in
                try VariableLayer("group \(group.name)", group.vars)
            }
        }
        for host in model.inventory.hosts {
            layers?.hosts[host.name] = wrong.collect { () throws(Diagnostics) in
                try VariableLayer("host \(host.name)", host.vars)
            }
        }
        return layers
    }

    private mutating func expand(
        _ plays: [(Play, [Application])], _ layers: [HostName: VariableLayer],
        _ inventory: Inventory, _ expansion: inout Expansion
    ) -> [HostNodes] {
        var ofHosts: [HostName: [(Int, Application)]] = [:]
        var number = 0
        for (play, applications) in plays {
            let hosts = wrong.collect { () throws(Diagnostics) in
                try HostPattern(play.hosts.value, at: play.hosts.place).hosts(in: inventory)
            }
            for application in applications {
                for host in hosts ?? [] {
                    ofHosts[host.name, default: []].append((number, application))
                }
                number += 1
            }
        }
        var result: [HostNodes] = []
        for host in inventory.hosts {
            guard let layer = layers[host.name], let applications = ofHosts[host.name] else {
                continue
            }
            result.append(expansion.nodes(of: host, hostLayer: layer, applications))
        }
        return result
    }

    private mutating func checkReferences(_ hosts: [HostNodes], _ inventory: Inventory) {
        var check = ReferenceCheck(
            roles: roles, broken: broken,
            applied: .init(
                inventory: inventory,
                rolesOfHosts: Dictionary(
                    hosts.map { ($0.host.name, Set($0.applications.map(\.role.name))) },
                    uniquingKeysWith: { first, _ in first })))
        for role in roles.values.sorted(by: { $0.name < $1.name }) { check.check(role) }
        wrong.add(check.wrong)
        wrong.add(DelegateHost.problems(in: hosts))
    }
}

extension PlacedValue {
    /// A file of comments alone is a mapping without entries.
    fileprivate var orNoEntries: PlacedValue {
        if case .scalar(.null) = content { return PlacedValue(.map([]), at: place) }
        return self
    }
}
