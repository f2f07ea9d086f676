import Record
import Vocabulary

/// What failed, why, and what the hosts printed.
struct Failures {
    private static let limit = 200
    /// The others are opened by whoever reads them.
    private static let open = 10

    private let groups: [Alike<Key>]

    /// Several tasks may fail of one cause: what they said is told once, with all of them.
    private struct Key: Hashable {
        var status: RecordedTask.Status
        var errors: [RecordedError]
        var output: BoundedText?
        var because: String?
    }

    init(_ report: RunReport) {
        let bad = report.tasks.filter {
            [.failed, .cancelled, .unknown].contains($0.status)
        }
        groups = Alike.groups(of: bad) { task in
            Key(
                status: task.status,
                errors: task.errors.map { error in
                    // Where it happened is told by the tasks and hosts that are alike.
                    var error = error
                    error.subject = nil
                    error.place = nil
                    return error
                }, output: task.output, because: task.because)
        }
    }

    var section: Markup? {
        guard !groups.isEmpty else { return nil }
        var content = [Markup.tag("h2", [:], "What failed")]
        content += groups.prefix(Self.limit).enumerated().map { index, group in
            entry(group, isOpen: index < Self.open)
        }
        if groups.count > Self.limit {
            content.append(.tag("p", [:], "… and \(groups.count - Self.limit) more"))
        }
        return .all(content)
    }

    private struct Named: Hashable {
        var title: String
        var place: String?
    }

    private static func words(_ tasks: [Alike<Named>]) -> String {
        let names = tasks.prefix(4).map(\.value.title.visible).joined(separator: ", ")
        return tasks.count > 4 ? "\(names) and \(tasks.count - 4) more" : names
    }

    private func entry(_ group: Alike<Key>, isOpen: Bool) -> Markup {
        let key = group.value
        let tasks = Alike.groups(of: group.tasks) { Named(title: $0.title, place: $0.place) }
        let isFailure = key.status == .failed
        var body: [Markup] = []
        if tasks.count > 1 {
            body.append(
                .tag(
                    "ul", ["class": "tasks"],
                    tasks.prefix(50).map { task in
                        .tag(
                            "li", [:],
                            "\(task.value.title)  \(task.value.place ?? "")".visible)
                    }))
        }
        for error in key.errors {
            body.append(
                .tag(
                    "p", [:],
                    [
                        .tag("code", [:], error.code.visible),
                        Markup(" " + error.message.visible),
                    ]))
            for more in [error.hint, error.help] {
                if let more { body.append(.tag("p", ["class": "soft"], more.visible)) }
            }
        }
        if !isFailure {
            let words = [key.status.inWords, key.because].compactMap(\.self)
            body.append(.tag("p", [:], words.joined(separator: ": ").visible))
        }
        if let output = key.output, !output.isEmpty {
            body.append(.tag("pre", ["class": "output"], output.text))
        }
        return .tag(
            "details", ["class": "failed", "open": isOpen ? "open" : nil],
            [
                .tag(
                    "summary", [:],
                    [
                        .tag(
                            "span", ["class": "place mono"],
                            (tasks.first?.value.place ?? "").visible),
                        .tag(
                            "span", ["class": "mark \(isFailure ? "failed" : "cut")"],
                            key.status.mark ?? ""),
                        .tag("b", [:], " \(Self.words(tasks)) "), group.hosts,
                    ]), .tag("div", [:], [.all(body)]),
            ])
    }
}
