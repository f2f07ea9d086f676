/// What was measured, as medians and as ratios to finflowctl.
struct BenchTable {
    enum Run: String, CaseIterable {
        case first, mending, second
    }

    struct Figures {
        var wall: Double
        var processor: Double
        var memory: Double
        var hosts: Double

        init(_ measurement: Measurement, hosts: Double) {
            wall = measurement.wall
            processor = measurement.processor
            memory = measurement.memory
            self.hosts = hosts
        }
    }

    private struct Key: Hashable {
        var name: String
        var run: Run
    }

    private let hosts: Int
    private let tasks: Int
    private var figures: [Key: [Figures]] = [:]
    private var names: [String] = []

    init(hosts: Int, tasks: Int) {
        self.hosts = hosts
        self.tasks = tasks
    }

    mutating func add(_ name: String, _ run: Run, _ figures: Figures) {
        if !names.contains(name) { names.append(name) }
        self.figures[Key(name: name, run: run), default: []].append(figures)
    }

    var text: String {
        var lines = ["", "\(hosts) host\(hosts == 1 ? "" : "s"), \(tasks) tasks; medians"]
        for run in Run.allCases {
            lines.append("")
            lines.append(
                row(
                    "\(run.rawValue) run",
                    ["wall s", "ratio", "own CPU s", "per host ms", "hosts' CPU s", "peak MiB"]))
            let own = median(Key(name: "finflowctl", run: run), \.wall)
            for name in names {
                let key = Key(name: name, run: run)
                guard figures[key] != nil else { continue }
                let wall = median(key, \.wall)
                let processor = median(key, \.processor)
                lines.append(
                    row(
                        name,
                        [
                            decimal(wall, 3), decimal(wall / own, 2),
                            decimal(processor, 3),
                            decimal(processor * 1000 / Double(hosts), 1),
                            decimal(median(key, \.hosts), 2),
                            decimal(median(key, \.memory), 0),
                        ]))
            }
        }
        return lines.joined(separator: "\n")
    }

    private func median(_ key: Key, _ figure: (Figures) -> Double) -> Double {
        (figures[key] ?? []).map(figure).median
    }

    private func row(_ name: String, _ cells: [String]) -> String {
        let head = name + String(repeating: " ", count: max(0, 20 - name.count))
        return head
            + cells.map { String(repeating: " ", count: max(0, 13 - $0.count)) + $0 }.joined()
    }

    private func decimal(_ value: Double, _ places: Int) -> String {
        guard value.isFinite else { return "-" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let whole = Int((value * scale).rounded())
        guard places > 0 else { return String(whole) }
        let digits = String(whole)
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return padded.dropLast(places) + "." + padded.suffix(places)
    }
}
