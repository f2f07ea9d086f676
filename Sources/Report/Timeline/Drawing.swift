import Record
import Vocabulary

/// The parts that timelines are drawn of: SVG that the page's style sheet colours.
enum Drawing {
    static let width = 1140.0
    static let axisHeight = 22.0

    static func points(_ value: Double) -> String {
        let rounded = (value * 10).rounded() / 10
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }

    static func picture(height: Double, label: String, _ content: [Markup]) -> Markup {
        .tag(
            "div", ["class": "chart"],
            [
                .tag(
                    "svg",
                    [
                        "xmlns": "http://www.w3.org/2000/svg", "role": "img", "aria-label": label,
                        "viewBox": "0 0 \(points(width)) \(points(height))",
                    ], content)
            ])
    }

    /// Marks and lines of the time, behind all rows.
    static func axis(_ scale: TimeScale, height: Double) -> Markup {
        .all(
            scale.marks.map { mark in
                let x = points(scale.x(mark))
                return .all([
                    .tag(
                        "line",
                        [
                            "class": "grid", "x1": x, "x2": x, "y1": points(axisHeight - 4),
                            "y2": points(height),
                        ]),
                    .tag(
                        "text",
                        [
                            "class": "tick", "x": x, "y": "12",
                            "text-anchor": mark == 0 ? "start" : "middle",
                        ], scale.label(mark)),
                ])
            })
    }

    static func text(
        _ text: String, x: Double, y: Double, class name: String? = nil, anchor: String? = nil
    ) -> Markup {
        .tag(
            "text", ["x": points(x), "y": points(y), "class": name, "text-anchor": anchor], text)
    }

    /// What a task did, from when to when; words about it appear under the pointer.
    static func bar(
        _ task: RecordedTask, _ scale: TimeScale, y: Double, height: Double
    ) -> Markup? {
        guard let span = task.span else { return nil }
        let x = scale.x(span.lowerBound)
        let width = max(scale.x(span.upperBound) - x, 2)
        return bar(task.status, title: words(of: task), x: x, y: y, width: width, height: height)
    }

    static func bar(
        _ status: RecordedTask.Status, title: String, x: Double, y: Double, width: Double,
        height: Double
    ) -> Markup {
        func shape(_ name: String, fill: String?) -> Markup {
            .tag(
                "rect",
                [
                    "class": name, "x": points(x), "y": points(y), "width": points(width),
                    "height": points(height), "rx": "1.5", "fill": fill,
                ])
        }
        var content = [
            Markup.tag("title", [:], title), shape("bar \(status.rawValue)", fill: nil),
        ]
        if let pattern = pattern(status) {
            content.append(shape("over", fill: "url(#\(pattern))"))
        }
        return .tag("g", ["class": "task"], content)
    }

    /// So that colour is not all: failures are hatched, what was cut is dotted.
    private static func pattern(_ status: RecordedTask.Status) -> String? {
        switch status {
        case .failed: "hatch"
        case .cancelled, .unknown: "dots"
        case .unchanged, .changed, .skipped, .pruned, .notStarted: nil
        }
    }

    static let patterns = Markup.tag(
        "svg", ["xmlns": "http://www.w3.org/2000/svg", "class": "patterns", "aria-hidden": "true"],
        [
            .tag(
                "defs", [:],
                [
                    .tag(
                        "pattern",
                        [
                            "id": "hatch", "class": "hatch", "width": "6", "height": "6",
                            "patternUnits": "userSpaceOnUse", "patternTransform": "rotate(45)",
                        ], [.tag("line", ["x1": "0", "x2": "0", "y1": "0", "y2": "6"])]),
                    .tag(
                        "pattern",
                        [
                            "id": "dots", "class": "dots", "width": "5", "height": "5",
                            "patternUnits": "userSpaceOnUse",
                        ],
                        [.tag("rect", ["x": "1", "y": "1", "width": "2", "height": "2"])]),
                ])
        ])

    private static func words(of task: RecordedTask) -> String {
        var lines = [task.title, "\(task.host.map { "\($0): " } ?? "")\(task.status.inWords)"]
        if let started = task.started {
            lines[1] += ", after \(Duration.seconds(started).brief)"
        }
        if let seconds = task.seconds { lines[1] += ", for \(Duration.seconds(seconds).brief)" }
        lines += task.changes.prefix(8).map { "~ \($0.inWords)" }
        lines += task.errors.prefix(3).map { "\($0.code): \($0.message)" }
        return lines.map(\.visible).joined(separator: "\n")
    }
}

extension RecordedTask.Status {
    var inWords: String {
        switch self {
        case .unchanged: "as it should be"
        case .changed: "changed"
        case .skipped: "not to be done here"
        case .failed: "failed"
        case .pruned: "left out"
        case .cancelled: "cut"
        case .notStarted: "not begun"
        case .unknown: "begun, end unknown"
        }
    }
}

extension String {
    /// No longer than this, its end replaced by `…`.
    func clipped(_ length: Int) -> String {
        count <= length ? self : prefix(length - 1) + "…"
    }
}
