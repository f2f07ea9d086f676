import Hosts
import Setup
import Vocabulary

/// What `exec` shows: how far it is while it runs, failures at once, what hosts printed last.
/// It belongs to the one task that runs it.
final class ExecView {
    private let hosts: [Host]
    private let isJSON: Bool
    private var folded = FoldedOutput()
    private var statuses: [ExitStatus] = []
    private var hasProgress = false

    init(_ hosts: [Host], isJSON: Bool) {
        self.hosts = hosts
        self.isJSON = isJSON
        progress()
    }

    func show(_ event: AdHocRun.Event) {
        switch event {
        case .stopping(let level, let running):
            tell(StopWords.of(level, running: running, "host"))
        case .finished(let host, .success(let result)):
            statuses.append(result.status == 0 ? .done : .failed)
            if isJSON { JSONView.print(Self.record(of: result, host)) }
            if !isJSON { folded.add(.init(result), host: host.name.rawValue) }
        case .finished(let host, .failure(let error)):
            failed(host, error)
        }
        progress()
    }

    private func failed(_ host: Host, _ error: any Error) {
        let diagnostic =
            (error as? HostError)?.diagnostic(host: host.name)
            ?? Diagnostic(
                .taskFailed, error is CancellationError ? "it was cut" : "\(error)",
                subject: "host \(host.name)")
        statuses.append(diagnostic.status)
        if isJSON {
            JSONView.print(["host": .string(host.name.rawValue), "errors": [diagnostic.json]])
        } else {
            tell(diagnostic.rendered(styled: Stream.error.isStyled) { _ in nil })
        }
    }

    func conclude(notBegun idle: Int) {
        clear()
        if isJSON { return }
        let text = folded.text(
            inOrderOf: hosts.map(\.name.rawValue), style: Style(for: .output))
        if !text.isEmpty { Stream.output.line(text) }
        let style = Style(for: .error)
        let bad = statuses.count { $0 != .done }
        if bad > 0 {
            Stream.error.line(style.red("\(bad) of \(counted(statuses.count, "host")) failed."))
        }
        if idle > 0 { Stream.error.line("Not begun: \(counted(idle, "host"))") }
    }

    /// As hosts ended; whoever stopped it is told so by another status.
    var status: ExitStatus {
        let failed = statuses.filter { $0 != .done }
        guard let first = failed.first else { return .done }
        if failed.count < statuses.count { return .partlyFailed }
        return failed.allSatisfy { $0 == first } ? first : .failed
    }

    private static func record(of result: ScriptResult, _ host: Host) -> JSON {
        var fields: [JSON.Member] = [
            .init("host", .string(host.name.rawValue)), .init("status", .int(Int(result.status))),
        ]
        fields += stream("output", result.output, result.omittedOutput)
        fields += stream("error", result.error, result.omittedError)
        return .object(fields)
    }

    /// As text if it is any.
    private static func stream(
        _ name: String, _ bytes: [UInt8], _ omitted: ByteCount
    ) -> [JSON.Member] {
        let text = String(validating: bytes, as: UTF8.self)
        var fields: [JSON.Member] = [
            text.map { .init(name, .string($0)) }
                ?? .init("\(name)_base64", .string(Base64.encode(bytes)))
        ]
        if omitted.bytes > 0 { fields.append(.init("\(name)_omitted", .int(omitted.bytes))) }
        return fields
    }

    // MARK: Progress

    private func tell(_ text: String) {
        clear()
        Stream.error.line(text)
    }

    /// One line that is overwritten.
    private func progress() {
        guard !isJSON, Stream.error.isLive, Stream.error.isForeground,
            statuses.count < hosts.count
        else { return clear() }
        var line = BoundedLine(width: max(1, Stream.error.width - 1))
        line.append("\(statuses.count) of \(counted(hosts.count, "host")) done")
        Stream.error.write("\r\(line.text)\u{1B}[K")
        hasProgress = true
    }

    private func clear() {
        if hasProgress { Stream.error.write("\r\u{1B}[K") }
        hasProgress = false
    }
}
