import Vocabulary

/// Seconds of a run on a line of points, with marks at round times.
struct TimeScale: Hashable, Sendable {
    let seconds: Double
    let start: Double
    let width: Double
    /// Between two marks.
    let step: Double

    /// - Parameters:
    ///   - start: where second 0 is drawn.
    ///   - width: of the whole run.
    init(seconds: Double, start: Double, width: Double) {
        let seconds = seconds.isFinite ? min(max(seconds, 0.01), 1e9) : 0.01
        self.seconds = seconds
        self.start = start
        self.width = width
        let steps =
            [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
            + [60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400]
        step = steps.first { seconds / $0 <= 9 } ?? seconds / 8
    }

    func x(_ second: Double) -> Double {
        start + min(max(second, 0), seconds) / seconds * width
    }

    /// The times that are marked.
    var marks: [Double] {
        (0...Int(seconds / step + 1e-9)).map { Double($0) * step }
    }

    func label(_ mark: Double) -> String {
        guard mark > 0 else { return "0" }
        let whole = Int(mark.rounded())
        switch step {
        case ..<1:
            let decimals = step < 0.01 ? 1000.0 : step < 0.1 ? 100.0 : 10.0
            let scaled = Int((mark * decimals).rounded())
            let places = decimals == 1000 ? 3 : decimals == 100 ? 2 : 1
            let digits = String(scaled % Int(decimals))
            return "\(scaled / Int(decimals))."
                + String(repeating: "0", count: places - digits.count) + digits + " s"
        case ..<60 where seconds < 120: return "\(whole) s"
        case ..<3600 where seconds < 7200:
            let rest = whole % 60
            return rest == 0 ? "\(whole / 60) min" : "\(whole / 60):\(rest < 10 ? "0" : "")\(rest)"
        default:
            let rest = whole % 3600 / 60
            return "\(whole / 3600):\(rest < 10 ? "0" : "")\(rest) h"
        }
    }
}
