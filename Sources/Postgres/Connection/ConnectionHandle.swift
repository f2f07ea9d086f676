internal import CLibPQ

/// A connection of libpq's: freed here and nowhere else. It belongs to one thread at a time.
struct ConnectionHandle: ~Copyable {
    let pointer: OpaquePointer
    let notices = NoticeBuffer()

    /// `nil` without a connection, which libpq says when there is no memory.
    init?(adopting pointer: OpaquePointer?) {
        guard let pointer else { return nil }
        self.pointer = pointer
        // Not retained: it lives until the connection is freed, below.
        let buffer = Unmanaged.passUnretained(notices).toOpaque()
        PQsetNoticeReceiver(
            pointer,
            { buffer, result in
                guard let buffer, let result, let report = PostgresReport(result) else { return }
                Unmanaged<NoticeBuffer>.fromOpaque(buffer).takeUnretainedValue().add(report)
            }, buffer)
    }

    deinit {
        PQfinish(pointer)
    }

    /// libpq's last complaint, copied at once.
    var errorText: String { PostgresConnection.complaint(pointer) }
}

/// What a server remarks. Nobody need ask for it, so that only so much is kept.
final class NoticeBuffer {
    static let limit = 256
    private var reports: [PostgresReport] = []

    func add(_ report: PostgresReport) {
        if reports.count == Self.limit { reports.removeFirst() }
        reports.append(report)
    }

    func take() -> [PostgresReport] {
        defer { reports = [] }
        return reports
    }
}
