import Hosts
import Schema
import TaskGraph
import Vocabulary

/// The live table of the firewall, as nft lists it, and no file. Only undo steps name it.
struct FirewallTableResource: Resource {
    /// Empty: there is none.
    var rules = ""

    init() {}

    static let typeName = "firewall_table"
    static let undo = UndoAbility.exact()

    static let schema = Schema<FirewallTableResource>(
        typeName,
        summary: "The live table of the firewall.",
        fields: [.required("rules", \.rules, .text, "As `nft` lists it; empty for none.")],
        example: "rules: \"\"")

    static func step(left: String, before: String) -> UndoStep {
        func spec(_ rules: String) -> ResourceSpec {
            ResourceSpec(typeName, ["rules": .string(rules)])
        }
        return UndoStep(left: spec(left), before: spec(before))
    }

    var thing: HostThing? { .other(kind: "live firewall", name: Ruleset.table) }
    var follows: [HostThing] { [] }
    func fingerprint(_ files: any PlaybookFiles) -> String { rules }

    func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        [FirewallTableProbe()]
    }

    func plan(_ context: PlanContext) throws -> ResourcePlan {
        let live = try context.answers.answer(FirewallTableProbe())
        guard live != rules else { return .unchanged }
        let table = Ruleset.table
        let change =
            rules.isEmpty
            ? Change(.delete, "table \(table)", before: live)
            : Change(
                live.isEmpty ? .create : .update, "table \(table)",
                before: live.isEmpty ? nil : live, after: rules)
        // One transaction, as the table itself is loaded.
        let transaction = "add table \(table)\ndelete table \(table)\n\(rules)\n"
        let loading = WholeInput.feeding(
            "printf %s \(transaction)", to: "exec nft -f -", named: "firewall",
            in: context.stateDirectory)
        return ResourcePlan(
            changes: [change], action: Action(script: loading),
            undo: [Self.step(left: rules, before: live)])
    }
}

/// The live table; empty where there is none, or no nft.
struct FirewallTableProbe: Probe {
    static func script(for questions: [FirewallTableProbe]) -> ShellScript {
        "nft -s -n list table \(raw: Ruleset.table) 2>/dev/null || :"
    }

    static func answers(
        to questions: [FirewallTableProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [FirewallTableProbe: String] {
        var text = String(decoding: output, as: UTF8.self)
        // As the shell's `$(…)` has it, with which plans compare listings.
        while text.last == "\n" { text.removeLast() }
        return [FirewallTableProbe(): text]
    }
}
