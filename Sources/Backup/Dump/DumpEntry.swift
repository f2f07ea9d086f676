/// An entry of a dump's table of contents.
public struct DumpEntry: Hashable, Sendable {
    /// The dump id: what others name it by, and its data come under.
    public var id: Int
    /// `payments`
    public var tag: String
    /// `TABLE`, `TABLE DATA`, `INDEX`, `BLOBS`
    public var kind: String
    /// The schema, where it has one.
    public var namespace: String?
    /// The ids of the entries that it comes after.
    public var dependencies: [Int]
    /// Whether data come with it.
    public var hasData: Bool
    /// Whether these are COPY text.
    public var isCopied: Bool
    /// `COPY public.payments (id, amount) FROM stdin;`, where they are.
    public var copyStatement: String?

    /// `public.payments`
    public var name: String { namespace.map { "\($0).\(tag)" } ?? tag }
}

/// What a dump says of itself.
public struct DumpHeader: Hashable, Sendable {
    public var database: String
    /// `15.20 (Debian 15.20-0+deb12u1)`
    public var serverVersion: String
    /// Of pg_dump.
    public var programVersion: String
}
