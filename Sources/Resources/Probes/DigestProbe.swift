public import Hosts

/// The SHA-256 of a regular file, asked only where it can decide something.
///
/// A file of another size than the expected one differs without being read. Sizes are compared
/// by one `find` for all questions, against all sizes expected: now and then that reads a file
/// for nothing, never a wrong answer.
public struct DigestProbe: Probe {
    public var path: String
    /// `nil`: whatever its size is.
    public var expectedSize: Int?

    public init(_ path: String, expectedSize: Int?) {
        self.path = path
        self.expectedSize = expectedSize
    }

    public enum Answer: Hashable, Sendable {
        /// In lowercase hexadecimal.
        case sha256(String)
        /// There is no regular file, it has another size, or it may not be read.
        case none
    }

    public static func script(for questions: [DigestProbe]) -> ShellScript {
        let sized = questions.filter { $0.expectedSize != nil }
        let unsized = questions.filter { $0.expectedSize == nil }
        let sizes = Set(sized.compactMap(\.expectedSize)).sorted()
            .map { "-size \($0)c" }.joined(separator: " -o ")
        let commands =
            sized.map(\.path).inCommandLines.map { (paths: $0, filter: " \\( \(sizes) \\)") }
            + unsized.map(\.path).inCommandLines.map { (paths: $0, filter: "") }
        return commands.map { paths, filter in
            """
            find \(paths) -maxdepth 0 -type f\(raw: filter) \
            -exec sha256sum --zero -- {} + 2>/dev/null || :

            """
        }.joined(separator: "")
    }

    public static func answers(
        to questions: [DigestProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [DigestProbe: Answer] {
        var found: [String: String] = [:]
        for entry in output.split(separator: 0) {
            guard entry.count > 66 else { throw ProbeError("`sha256sum` printed too little") }
            found[String(decoding: entry.dropFirst(66), as: UTF8.self)] =
                String(decoding: entry.prefix(64), as: UTF8.self)
        }
        return Dictionary(
            questions.map { ($0, found[$0.path].map(Answer.sha256) ?? .none) },
            uniquingKeysWith: { first, _ in first })
    }
}
