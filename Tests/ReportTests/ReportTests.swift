import Glibc
import Loop
import Record
import Testing
import Vocabulary

@testable import Report

/// The page about a run.
@Suite struct ReportTests {
    static func report(_ tasks: [RecordedTask], seconds: Double = 10, isPlan: Bool = false)
        -> RunReport
    {
        RunReport(
            header: RunHeader(
                run: RunID(at: Timestamp(seconds: 1_800_000_000)),
                began: Timestamp(seconds: 1_800_000_000), command: ["setup", "--env", "test"],
                environment: "test", version: "0.1.0",
                hosts: Set(tasks.compactMap(\.host)).sorted()),
            isPlan: isPlan, outcome: "partly failed", isGood: false, status: 3, seconds: seconds,
            tasks: tasks, next: "finflowctl setup --env test")
    }

    static func task(
        _ host: String, _ name: String, _ status: RecordedTask.Status = .changed,
        started: Double? = 1, seconds: Double? = 0.5
    ) -> RecordedTask {
        RecordedTask(
            task: "\(host)/role/\(name)", host: host, title: "file /etc/\(name)",
            place: "roles/role/role.yaml:7", status: status, because: nil, started: started,
            seconds: seconds,
            changes: status == .changed
                ? [RecordedChange(kind: "update", what: "content", before: "a\n", after: "b\n")]
                : [],
            errors: status == .failed
                ? [RecordedError(Diagnostic(.recordBroken, "it broke", subject: host))] : [],
            output: status == .failed ? BoundedText("line one\nline two\n") : nil)
    }

    /// What a browser's and an XML parser's view of the page is, by Python's parsers, which are
    /// not ours.
    private struct Parsed {
        var bars: Int
        var text: String
        var elements: Set<String>
    }

    private func parsed(_ html: String) async throws -> Parsed {
        let script = """
            import sys, re
            import xml.etree.ElementTree as tree
            from html.parser import HTMLParser
            page = sys.stdin.buffer.read().decode('utf-8')
            root = tree.fromstring(page)
            void = {'meta', 'br', 'col'}
            class Balance(HTMLParser):
                open = []
                def handle_starttag(self, name, attributes):
                    if name not in void: self.open.append(name)
                def handle_startendtag(self, name, attributes):
                    # HTML knows this form of void elements and inside SVG alone.
                    assert name in void or 'svg' in self.open, name
                def handle_endtag(self, name):
                    assert self.open.pop() == name, name
            checker = Balance(convert_charrefs=True)
            checker.feed(page); checker.close()
            assert checker.open == [], checker.open
            names = {re.sub('{.*}', '', e.tag) for e in root.iter()}
            bars = sum(1 for e in root.iter() if (e.get('class') or '').startswith('bar '))
            print(bars); print(' '.join(sorted(names)))
            for name in ('onload', 'onerror', 'onclick', 'href', 'src'):
                assert not any(e.get(name) for e in root.iter()), name
            print(''.join(root.itertext()))
            """
        let result = try await ChildProcess.collect(
            Command(
                "python3", ["-c", script],
                environment: ["PYTHONIOENCODING": "utf-8", "PATH": "/usr/bin:/bin"]),
            input: Array(html.utf8))
        try #require(result.exit.isSuccess, "\(result.errorText)")
        let lines = result.outputText.split(
            separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        return Parsed(
            bars: try #require(Int(lines[0])), text: String(lines[2]),
            elements: Set(lines[1].split(separator: " ").map(String.init)))
    }

    @Test func `a page is well-formed HTML and XML, and has a bar for each task that ran`()
        async throws
    {
        var tasks: [RecordedTask] = []
        for host in ["app-1", "app-2", "db-1"] {
            tasks.append(Self.task(host, "a"))
            tasks.append(Self.task(host, "b", .unchanged, started: 2, seconds: 0))
            tasks.append(Self.task(host, "c", .unchanged, started: 2, seconds: 4))
            tasks.append(Self.task(host, "f", .pruned, started: nil, seconds: nil))
        }
        tasks.append(Self.task("db-1", "d", .failed))
        tasks.append(Self.task("db-1", "e", .cancelled))
        let ran = tasks.count { $0.started != nil }
        let page = try await parsed(Self.report(tasks).html)
        let legend = Set(tasks.filter { $0.started != nil }.map(\.status)).count
        let slowest = tasks.count { ($0.seconds ?? 0) > 0 }
        // In the rows of all hosts, and in those of its own.
        #expect(page.bars == ran * 2 + legend + min(slowest, 15))
        for words in [
            "1 task failed on 1 host, 3 changed", "it broke", "line two", "roles/role/role.yaml:7",
            "finflowctl setup --env test", "(3 hosts alike)", "2027-01-15 08:00:00",
        ] {
            #expect(page.text.contains(words), "\(words)")
        }
        #expect(!page.elements.contains("script"))
    }

    @Test func `a failure is told from a change without colour`() {
        let html = Self.report([Self.task("h", "a", .failed), Self.task("h", "b", .changed)]).html
        #expect(html.contains("url(#hatch)"))
        #expect(html.contains("✗ file /etc/a"))
        #expect(html.contains("~ file /etc/b"))
    }

    /// Swift refuses them in a literal, and XML everywhere.
    private static let nonCharacters = String(
        [0xFFFE, 0xFFFF, 0xFDD0].compactMap { Unicode.Scalar(UInt32($0)) }.map(Character.init))

    private static let hostile = [
        "</title></svg><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload='x",
        "]]>", "<!--", "&amp;&lt;script&gt;", "a\u{0}b\u{1B}[31mred\u{1B}[0m\r\n\u{8}",
        "\u{202E}gnp",
        nonCharacters, "{{ x }}", "</style><style>*{display:none}", "日本語 🙂 e\u{301}",
        String(repeating: "x", count: 5000), "-- a\n+ b", "",
    ]

    @Test func `whatever tasks are called and hosts print, it stays text`() async throws {
        for text in Self.hostile {
            var task = Self.task(text, text, .failed)
            task.title = text
            task.place = text
            task.changes = [
                RecordedChange(kind: text, what: text, before: text, after: text + "\n"),
                RecordedChange(kind: "update", what: "mode", before: text, after: nil),
            ]
            task.errors = [
                RecordedError(
                    Diagnostic(.recordBroken, text, subject: text, hint: text, help: text))
            ]
            task.output = BoundedText(text + "\n" + text)
            var left = Self.task("other", "x", .pruned, started: nil, seconds: nil)
            left.because = text
            var report = Self.report([task, left, Self.task("ok", text)])
            report.header.environment = text
            report.header.command = [text, text]
            report.header.version = text
            report.header.selection = ["limit": [text]]
            report.header.origin.who.user = text
            report.outcome = text
            report.next = text
            report.damage = [RecordDamage(place: text, message: text)]
            let page = try await parsed(report.html)
            #expect(page.elements.isDisjoint(with: ["script", "img"]), "\(text)")
            let shown = text.split(separator: "\n").first.map { String($0).visible } ?? ""
            if text != Self.nonCharacters { #expect(page.text.contains(shown), "\(text)") }
        }
    }

    @Test(arguments: [
        (0.0, 0.0), (.nan, .infinity), (-5, 1e300), (1e-9, 1e-9), (3600, 86400 * 30),
        (.infinity, 0), (5, .infinity),
    ])
    func `times that make no sense draw something all the same`(
        started: Double, seconds: Double
    ) async throws {
        let task = Self.task("h", "a", .changed, started: started, seconds: seconds)
        for total in [0, seconds, 10] {
            let html = Self.report([task, task], seconds: total).html
            _ = try await parsed(html)
            #expect(!html.contains("nan") && !html.contains("\"inf"))
        }
    }

    @Test func `two hundred hosts are a page that can be looked through`() async throws {
        var tasks: [RecordedTask] = []
        for number in 0..<200 {
            let host = "app-\(number)"
            for step in 0..<40 {
                let status: RecordedTask.Status =
                    number < 3 && step == 7
                    ? .failed : number < 90 && step % 10 == 0 ? .changed : .unchanged
                tasks.append(
                    Self.task(host, "\(step)", status, started: Double(step) / 8, seconds: 0.1))
            }
        }
        let html = Self.report(tasks, seconds: 6).html
        let page = try await parsed(html)
        #expect(page.text.contains("110 hosts with nothing to change"))
        #expect(page.text.contains("30 more with changes"))
        // What failed stands first, and once for all hosts alike.
        #expect(page.text.contains("app-0, app-1, app-2 (3 hosts alike)"))
        #expect(html.utf8.count < 6 << 20)
        #expect(html.matches(of: /<details[^>]*open/).count < 40)
    }

    @Test func `a page of nothing says so`() async throws {
        let page = try await parsed(Self.report([]).html)
        #expect(page.text.contains("Nothing to change"))
    }

    @Test func `bars on a line do not cover each other as long as there are lines`() {
        let spans = [0.0...4, 1...2, 2.5...3, 3.5...5, 0...0.5]
        let packed = Packing.lines(of: spans, gap: 0, most: 4)
        for (index, line) in packed.lines.enumerated() {
            for other in spans.indices where other != index && packed.lines[other] == line {
                #expect(
                    !spans[index].overlaps(spans[other])
                        || spans[index].upperBound == spans[other].lowerBound)
            }
        }
        #expect(Packing.lines(of: Array(repeating: 0...1, count: 9), gap: 0, most: 4).count == 4)
    }

    @Test(arguments: [0.004, 0.03, 0.7, 2, 9, 75, 400, 4000, 30000, 1e6])
    func `a scale has a readable number of marks, in order and each another`(seconds: Double) {
        let scale = TimeScale(seconds: seconds, start: 0, width: 1000)
        let labels = scale.marks.map(scale.label)
        #expect((3...12).contains(labels.count), "\(labels)")
        #expect(Set(labels).count == labels.count, "\(labels)")
    }
}
