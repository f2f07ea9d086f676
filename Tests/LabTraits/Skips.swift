internal import Glibc
internal import Synchronization
internal import Testing

/// What was skipped for want of hosts or for a fact of the machine, told once more when the
/// process ends: a skipped test is easily overlooked between a thousand lines.
enum Skips {
    /// Set by CI: there, only a fact of the machine may keep a test from running.
    static let areFailures = getenv("LAB_REQUIRED").map { String(cString: $0) } == "1"

    /// Ends the running test as skipped, or as failed where nothing may be skipped.
    static func skip(_ test: Test, _ reason: String) throws {
        if areFailures { throw LabRequired(description: reason) }
        note(test.name, reason)
        try Test.cancel(Comment(rawValue: reason), sourceLocation: test.sourceLocation)
    }

    private static let noted = Mutex<[String: [String]]>([:])

    static func note(_ what: String, _ reason: String) {
        noted.withLock {
            if $0.isEmpty { atexit { Skips.tell() } }
            $0[reason, default: []].append(what)
        }
    }

    private static func tell() {
        var text = ""
        for (reason, names) in noted.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            text += "Lab: \(names.count) skipped: \(reason)\n"
            for name in names.sorted() { text += "Lab:   \(name)\n" }
        }
        // At exit there is nobody to tell that standard error is closed.
        text.withCString { _ = write(STDERR_FILENO, $0, strlen($0)) }
    }
}

/// `LAB_REQUIRED=1`, and this machine lacks something that is not among its known facts.
public struct LabRequired: Error, CustomStringConvertible {
    public let description: String
}
