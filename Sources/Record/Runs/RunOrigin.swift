public import Loop
import Vocabulary

/// The process of a run, and whose it is.
public struct RunOrigin: Hashable, Sendable {
    public var who: Operator
    public var process: ProcessMark

    public init(who: Operator, process: ProcessMark) {
        self.who = who
        self.process = process
    }

    /// This process.
    public static let current = RunOrigin(who: .current, process: .current)

    /// Of a run whose record does not say.
    public static let unknown = RunOrigin(
        who: Operator(user: "?", machine: "?"), process: ProcessMark(number: 0))

    /// Whether the process lives; `nil` where this machine, or this container, cannot tell.
    public var isAlive: Bool? {
        guard who.machine == Operator.current.machine else { return nil }
        // Since this machine was started again, nothing of before lives.
        return process.isOfAnotherBoot == true ? false : process.isAlive
    }

    var json: JSON {
        .object(compact: [
            ("host", .string(who.machine)), ("pid", .int(process.number)),
            ("birth", process.birth.map(JSON.string)), ("client", who.client.map(JSON.string)),
        ])
    }

    init?(_ header: JSON) {
        guard let user = header["user"]?.string, let from = header["from"],
            let machine = from["host"]?.string, let number = from["pid"]?.int
        else { return nil }
        who = Operator(
            user: user, effective: header["as"]?.string, machine: machine,
            client: from["client"]?.string)
        process = ProcessMark(number: number, birth: from["birth"]?.string)
    }

    /// `ops (as root) at laptop, pid 4711, by SSH from 10.0.0.9`
    public var inWords: String {
        "\(who.account) at \(who.machine), pid \(process.number)"
            + (who.client.map { ", by SSH from \($0)" } ?? "")
    }
}
