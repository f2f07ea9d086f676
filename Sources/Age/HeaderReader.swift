import Vocabulary

/// Takes a header apart, line by line, as it comes.
///
/// As strict as the format: whatever it accepts, ``Header/encoded`` gives back byte for byte.
struct HeaderReader {
    /// Two thousand recipients fit, and some hundred post-quantum ones. A bound, for what comes
    /// is not to be trusted yet.
    static let limit = ByteCount.mebibytes(1)

    private enum Expected {
        case version
        case stanzaOrEnd
        case body(Stanza)
    }

    private var expected = Expected.version
    private var line: [UInt8] = []
    private var number = 1
    private var count = 0
    private var stanzas: [Stanza] = []

    /// Takes from `bytes` what belongs to the header.
    ///
    /// - Returns: the header, once its last line is whole.
    mutating func read(_ bytes: inout ArraySlice<UInt8>) throws(AgeError) -> Header? {
        while let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
            try take(bytes[..<end])
            bytes = bytes[(end + 1)...]
            count += 1
            if let header = try endLine() { return header }
        }
        try take(bytes)
        bytes = []
        return nil
    }

    /// What an end of the input means here.
    var ending: AgeError {
        if case .version = expected, Header.version.utf8.starts(with: line) {
            return line.isEmpty ? .empty : .truncated(.header)
        }
        if case .version = expected { return .notAge }
        return .truncated(.header)
    }

    private mutating func take(_ part: ArraySlice<UInt8>) throws(AgeError) {
        count += part.count
        guard count <= Self.limit.bytes else { throw .headerTooLarge(limit: Self.limit) }
        line += part
        // A gigabyte of something else without a line's end is known by its first bytes.
        if case .version = expected, line.count > 100 { throw .notAge }
    }

    /// - Returns: the header, when this was its last line.
    private mutating func endLine() throws(AgeError) -> Header? {
        defer {
            line.removeAll(keepingCapacity: true)
            number += 1
        }
        switch expected {
        case .version:
            try readVersion()
            expected = .stanzaOrEnd
        case .stanzaOrEnd where line.starts(with: "---".utf8):
            return Header(stanzas: stanzas, mac: try mac())
        case .stanzaOrEnd:
            expected = .body(Stanza(arguments: try arguments(), body: []))
        case .body(var stanza):
            // Let go of first, so that a long body is not copied for each of its lines.
            expected = .stanzaOrEnd
            stanza.body += try bodyBytes()
            if line.count == Stanza.columns {
                expected = .body(stanza)
            } else {
                stanzas.append(stanza)
            }
        }
        return nil
    }

    private func readVersion() throws(AgeError) {
        guard line.starts(with: Header.versionPrefix.utf8) else { throw .notAge }
        guard line.last != UInt8(ascii: "\r") else { throw malformed("is not the version alone") }
        guard line.elementsEqual(Header.version.utf8) else {
            throw .versionUnsupported(
                String(decoding: line.dropFirst(Header.versionPrefix.utf8.count), as: UTF8.self))
        }
    }

    private func arguments() throws(AgeError) -> [String] {
        guard line.starts(with: "-> ".utf8) else {
            throw malformed("neither begins a recipient nor ends the header")
        }
        let words = line.dropFirst(3).split(
            separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        for word in words {
            guard !word.isEmpty, word.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw malformed("has an argument that is empty or not in ASCII")
            }
        }
        return words.map { String(decoding: $0, as: UTF8.self) }
    }

    private func bodyBytes() throws(AgeError) -> [UInt8] {
        guard line.count <= Stanza.columns else {
            throw malformed("is longer than \(Stanza.columns) columns")
        }
        guard let bytes = Base64.decode(line, padding: .forbidden) else {
            throw malformed("is not canonical base64")
        }
        return bytes
    }

    private func mac() throws(AgeError) -> [UInt8] {
        guard !stanzas.isEmpty else { throw malformed("ends the header, and no recipient came") }
        guard line.starts(with: "--- ".utf8),
            let mac = Base64.decode(line.dropFirst(4), padding: .forbidden),
            mac.count == Header.macSize
        else { throw malformed("ends the header without a MAC of \(Header.macSize) bytes") }
        return mac
    }

    private func malformed(_ what: String) -> AgeError {
        .headerMalformed(
            line.last == UInt8(ascii: "\r")
                ? "line \(number) ends with a carriage return: the file was copied as if it were text"
                : "line \(number) \(what)")
    }
}
