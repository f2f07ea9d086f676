import Hosts

/// Texts that a probe printed with a NUL after each, and whatever follows them.
struct NulSeparated {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    mutating func next() throws(ProbeError) -> String {
        guard let end = rest.firstIndex(of: 0) else { throw ProbeError("its answer is cut short") }
        defer { rest = rest[rest.index(after: end)...] }
        return String(decoding: rest[..<end], as: UTF8.self)
    }

    var isEmpty: Bool { rest.isEmpty }
}
