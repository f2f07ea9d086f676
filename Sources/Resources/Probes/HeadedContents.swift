import Hosts

/// The contents of files as `head -v` prints them one after the other, each behind a line
/// `==> PATH <==`.
///
/// A content could hold such a line itself. It cannot hold the right one: before each path goes
/// a winding way to the root directory, `/././//.` and so on, that is made up anew each time.
struct HeadedContents {
    private var contents: [String: ArraySlice<UInt8>] = [:]

    /// 64 random bits as a path to the root directory: `/.` or `/` for each.
    static func randomWay() -> String {
        var bits = UInt64.random(in: .min ... .max)
        var way = ""
        for _ in 0..<64 {
            way += bits & 1 == 1 ? "/." : "/"
            bits >>= 1
        }
        return way
    }

    /// Reads up to the line `==> WAY <==` that ends them.
    init(readingFrom output: inout NulSeparated, way: String) throws(ProbeError) {
        let heading = Array("\n==> \(way)".utf8)
        let tail = Array(" <==\n".utf8)
        var rest = output.rest
        var start = rest.firstRange(of: heading)
        while let found = start {
            rest = rest[found...].dropFirst(heading.count)
            guard let end = rest.firstRange(of: tail) else { break }
            let path = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[end...].dropFirst(tail.count)
            if path.isEmpty {
                output = NulSeparated(rest)
                return
            }
            start = rest.firstRange(of: heading)
            if let start { contents[path] = rest[..<start] }
        }
        throw ProbeError("the contents of files are cut short")
    }

    subscript(path: String) -> ArraySlice<UInt8>? { contents[path] }
}

extension ArraySlice<UInt8> {
    /// Where `pattern`, which is not empty, begins for the first time.
    fileprivate func firstRange(of pattern: [UInt8]) -> Index? {
        var rest = self
        while let start = rest.firstIndex(of: pattern[0]) {
            if self[start...].starts(with: pattern) { return start }
            rest = self[(start + 1)...]
        }
        return nil
    }
}
