import Resources
import Schema
import Template
import Vocabulary

/// A task of a role, read as far as it can be without a host. All hosts share it.
final class TaskDeclaration: Sendable {
    let id: String
    let isHandler: Bool
    let type: ResourceType
    /// The resource's mapping.
    let fields: TemplatedValue
    let forEach: TemplatedValue?
    /// The host that does it instead of the one that it is for.
    let delegate: TemplatedValue?
    let model: TaskModel
    /// Where it is told to stand: the key that names its type.
    let place: SourcePlace
    let isPackage: Bool
    let isPackageSource: Bool

    init(
        _ model: TaskModel, isHandler: Bool, type: ResourceType, fields: TemplatedValue,
        forEach: TemplatedValue?, delegate: TemplatedValue?, at place: SourcePlace
    ) {
        id = model.id.value
        self.isHandler = isHandler
        self.type = type
        self.fields = fields
        self.forEach = forEach
        self.delegate = delegate
        self.model = model
        self.place = place
        isPackage = type.name == "package"
        isPackageSource = type.name == "apt_repository"
    }

    var isNetwork: Bool { model.network.value }

    var outputNames: [String] {
        Set(model.outputs.flatMap { $0.value.names }).sorted()
    }
}

/// Reads the tasks of a role.
struct TaskReader {
    let catalogue: [String: ResourceType]
    private(set) var wrong = Diagnostics()
    private var places: [String: SourcePlace] = [:]

    init(catalogue: [ResourceType]) {
        self.catalogue = Dictionary(
            catalogue.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func task(_ value: PlacedValue, isHandler: Bool) -> TaskDeclaration? {
        guard case .map(let entries) = value.content else {
            wrong.add(
                Diagnostic(
                    .wrongType, "expected a task, found \(value.kindInWords)", at: value.place,
                    hint: "a mapping with an `id` and a resource"))
            return nil
        }
        let controls = TaskModel.schema.fields.map(\.name)
        let own = entries.filter { controls.contains($0.key) }
        let others = entries.filter { !controls.contains($0.key) }
        let model = wrong.collect { () throws(Diagnostics) in
            try TaskModel.schema.read(PlacedValue(.map(own), at: value.place))
        }
        let resource = resource(among: others, in: value, known: controls)
        let forEach = model?.forEach.flatMap { value in
            wrong.collect { () throws(Diagnostics) in try TemplatedValue(value) }
        }
        let delegate = model?.delegate.flatMap { value in
            wrong.collect { () throws(Diagnostics) in try TemplatedValue(value) }
        }
        guard let model, let (type, entry) = resource else { return nil }
        checkID(model.id)
        if let delegate { checkDelegation(to: delegate, model, type, isHandler: isHandler) }
        if isHandler { checkHandler(model) }
        let fields = wrong.collect { () throws(Diagnostics) in
            try TemplatedValue(entry.value.orEmptyMapping)
        }
        guard let fields else { return nil }
        for (_, output) in model.outputs { checkOutput(output, of: type) }
        if model.network.value { checkNetwork(model, type, isHandler: isHandler) }
        let keyProblems = type.problems(inKeysOf: fields.written)
        wrong.add(Diagnostics(keyProblems))
        if keyProblems.isEmpty, fields.isLiteral {
            // Wrong whatever the variables are: told even when those cannot be read.
            _ = wrong.collect { () throws(Diagnostics) in try type.read(fields.written) }
        }
        return TaskDeclaration(
            model, isHandler: isHandler, type: type, fields: fields, forEach: forEach,
            delegate: delegate, at: entry.keyPlace)
    }

    private mutating func resource(
        among entries: [PlacedValue.Entry], in task: PlacedValue, known controls: [String]
    ) -> (ResourceType, PlacedValue.Entry)? {
        let known = entries.filter { catalogue[$0.key] != nil }
        let unknown = entries.filter { catalogue[$0.key] == nil }
        for entry in unknown {
            let near = nearestName(to: entry.key, among: controls + catalogue.keys)
            wrong.add(
                Diagnostic(
                    .unknownKey, "unknown key `\(entry.key.visible)` in a task",
                    at: entry.keyPlace, hint: near.map { "did you mean `\($0)`?" },
                    help: "`finflowctl doc` lists the types of resources."))
        }
        if known.count > 1 {
            wrong.add(
                Diagnostic(
                    .malformedTask, "a task has one resource, this one has \(known.count)",
                    at: known[1].keyPlace, hint: "make it a task of its own",
                    related: [.init("the first one is here", at: known[0].keyPlace)]))
        }
        guard let entry = known.first, let type = catalogue[entry.key] else {
            if unknown.isEmpty {
                wrong.add(
                    Diagnostic(
                        .malformedTask, "the task has no resource", at: task.place,
                        help: "`finflowctl doc` lists the types of resources."))
            }
            return nil
        }
        return (type, entry)
    }

    private mutating func checkOutput(_ output: OutputExpression, of type: ResourceType) {
        for use in output.uses where !type.outputs.contains(use.name) {
            let known = type.outputs.map { "`\($0)`" }.joined(separator: ", ")
            wrong.add(
                Diagnostic(
                    .missingOutput, "a task with `\(type.name)` gives no `\(use.name)`",
                    at: use.place,
                    hint: nearestName(to: use.name, among: type.outputs).map {
                        "did you mean `\($0)`?"
                    },
                    help: known.isEmpty
                        ? "It gives nothing that others could use." : "It gives \(known)."))
        }
    }

    private mutating func checkNetwork(
        _ model: TaskModel, _ type: ResourceType, isHandler: Bool
    ) {
        switch type.networkUse {
        case .everywhere: return
        case .inHandlers where isHandler: return
        case .inHandlers, .none: break
        }
        let known = catalogue.values.filter { $0.networkUse == .everywhere }.map(\.name).sorted()
        wrong.add(
            Diagnostic(
                .unguarded, "a host cannot put back by itself what a `\(type.name)` changes",
                at: model.network.place,
                hint: type.networkUse == .inHandlers ? "only a handler can be done again" : nil,
                help: "`network: true` is for \(known.map { "`\($0)`" }.joined(separator: ", "))"
                    + ", and for handlers with `command`."))
    }

    private mutating func checkID(_ id: Placed<String>) {
        if let first = places[id.value] {
            wrong.add(
                Diagnostic(
                    .duplicateTask, "the role has two tasks `\(id.value)`", at: id.place,
                    related: [.init("the first one is here", at: first)]))
        } else {
            places[id.value] = id.place
        }
    }

    /// What another host does leaves no trace on this one that an order, an owner or a handler
    /// could go by.
    private mutating func checkDelegation(
        to delegate: TemplatedValue, _ model: TaskModel, _ type: ResourceType, isHandler: Bool
    ) {
        func refuse(_ message: String) {
            wrong.add(Diagnostic(.malformedTask, message, at: delegate.place))
        }
        if !type.mayBeDelegated {
            let able = catalogue.values.filter(\.mayBeDelegated).map { "`\($0.name)`" }.sorted()
            refuse(
                "no other host can do `\(type.name)`, only \(able.joined(separator: ", "))")
        }
        if isHandler { refuse("a handler is done on its own host") }
        if !model.notify.isEmpty { refuse("what another host does notifies no handler") }
    }

    private mutating func checkHandler(_ model: TaskModel) {
        guard let first = model.notify.first else { return }
        wrong.add(
            Diagnostic(
                .malformedTask, "a handler notifies nothing", at: first.place,
                hint: "let the tasks notify both handlers"))
    }
}

extension PlacedValue {
    /// A resource all of whose fields have defaults may be written `key:` with nothing behind it.
    fileprivate var orEmptyMapping: PlacedValue {
        if case .scalar(.null) = content { return PlacedValue(.map([]), at: place) }
        return self
    }
}
