internal import CLibPQ

/// A result of libpq's: freed here and nowhere else.
// Unchecked: libpq's documentation (34.20) says that a result is read-only once it was returned
// and may be handed between threads; nothing here changes it.
final class ResultHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    init(adopting pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        PQclear(pointer)
    }

    var status: ExecStatusType { PQresultStatus(pointer) }
    var isCopy: Bool {
        [PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH].contains(status)
    }
    var rowCount: Int { Int(PQntuples(pointer)) }
    /// `INSERT 0 3`
    var commandTag: String { String(cString: PQcmdStatus(pointer)) }
    /// Rows that the statement touched or gave; `nil` for statements without such.
    var affectedRows: Int? { Int(String(cString: PQcmdTuples(pointer))) }
    var size: Int { PQresultMemorySize(pointer) }
}
