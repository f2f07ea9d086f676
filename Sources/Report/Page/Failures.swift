import Record
import Vocabulary

/// What failed, why, and what the hosts printed.
struct Failures {
    private static let limit = 200

    private let groups: [Alike<Key>]

    private struct Key: Hashable {
        var title: String
        var place: String?
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
                title: task.title, place: task.place, status: task.status,
                errors: task.errors.map { error in
                    // Where it happened is told by the hosts that are alike.
                    var error = error
                    error.subject = nil
                    return error
                }, output: task.output, because: task.because)
        }
    }

    var section: Markup? {
        guard !groups.isEmpty else { return nil }
        var content = [Markup.tag("h2", [:], "What failed")]
        content += groups.prefix(Self.limit).map(entry)
        if groups.count > Self.limit {
            content.append(.tag("p", [:], "… and \(groups.count - Self.limit) more"))
        }
        return .all(content)
    }

    private func entry(_ group: Alike<Key>) -> Markup {
        let key = group.value
        let isFailure = key.status == .failed
        var body: [Markup] = []
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
            "details", ["class": "failed", "open": "open"],
            [
                .tag(
                    "summary", [:],
                    [
                        .tag("span", ["class": "place mono"], (key.place ?? "").visible),
                        .tag(
                            "span", ["class": "mark \(isFailure ? "failed" : "cut")"],
                            key.status.mark ?? ""),
                        .tag("b", [:], " \(key.title.visible) "), group.hosts,
                    ]), .tag("div", [:], [.all(body)]),
            ])
    }
}
