/// Why bytes are not taken for a whole dump.
public enum DumpError: Error, Hashable, Sendable {
    /// It is no archive of pg_dump's custom format.
    case foreign
    /// The format's version: `1.16`.
    case unsupported(version: String)
    /// Rows are compressed within; only `--compress=0` is read.
    case compressed
    /// - Parameter offset: in bytes, of what cannot be read.
    case malformed(String, offset: Int)
    case truncated(offset: Int)
    /// The table of contents names data that does not come: `public.payments`.
    case missingData(of: String)
    /// The data of a table are no COPY text (`--inserts`).
    case notCopied(String)
}
