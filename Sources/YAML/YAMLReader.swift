public import Vocabulary

/// Reads YAML into nodes; everything that is wrong is thrown at once, as far as the structure
/// can still be followed.
public struct YAMLReader: Sendable {
    public struct Limits: Sendable {
        public var bytes = ByteCount.mebibytes(8)
        /// Levels of sequences and mappings.
        public var depth = 64
        /// Nodes of a document, what aliases stand for counted each time.
        public var nodes = 500_000

        public init() {}
    }

    public var limits = Limits()

    public init() {}

    /// The one document of a file. An empty file is a null.
    ///
    /// - Parameter file: the name that its places carry.
    public func document(_ bytes: [UInt8], file: String) throws(Diagnostics) -> YAMLNode {
        let all = try documents(bytes, file: file)
        if all.count > 1 {
            throw Diagnostics([
                Diagnostic(
                    .unsupportedYAML, "a second document in a file that takes one",
                    at: all[1].place, hint: "remove the `---` before it")
            ])
        }
        let nothing = SourcePlace(file: file, line: 1, column: 1)
        return all.first ?? YAMLNode(YAMLScalar(null: nothing.start), at: nothing)
    }

    public func document(_ text: String, file: String) throws(Diagnostics) -> YAMLNode {
        try document(Array(text.utf8), file: file)
    }

    /// All documents of a file that may hold several.
    public func documents(_ bytes: [UInt8], file: String) throws(Diagnostics) -> [YAMLNode] {
        guard bytes.count <= limits.bytes.bytes else {
            throw Diagnostics([
                Diagnostic(
                    .yamlTooLarge, "the file is larger than \(limits.bytes)",
                    at: SourcePlace(file: file, line: 1, column: 1))
            ])
        }
        var check = TextCheck(file: file)
        let text = try check.text(of: bytes)
        // A copy without the byte order mark: what libyaml counts is what the text counts.
        return try Array(text.utf8).withUnsafeBufferPointer { buffer throws(Diagnostics) in
            guard var stream = EventStream(buffer) else { throw Self.outOfMemory(file) }
            var composer = Composer(text: text, file: file, limits: limits)
            return try composer.documents(from: &stream)
        }
    }

    private static func outOfMemory(_ file: String) -> Diagnostics {
        Diagnostics([
            Diagnostic(
                .yamlTooLarge, "no memory to read it in",
                at: SourcePlace(file: file, line: 1, column: 1))
        ])
    }
}

extension YAMLScalar {
    fileprivate init(null start: SourcePlace.Position) {
        self.init(
            text: "", meaning: .null, style: .plain,
            source: ScalarSource(
                file: "", startIndex: 0, endIndex: 0, start: start, hasProperties: false))
    }
}
