/// Takes an age file's bytes out of the form that it is written in, which it finds out itself
/// unless it is told.
struct EncodingReader {
    private enum Form {
        /// The first bytes, which may yet be either.
        case unknown([UInt8])
        case binary
        case armored(ArmorReader)
    }

    private static let mark = Array("-----BEGIN ".utf8)
    private static let blankLimit = 1024

    private var form: Form

    init(_ encoding: Encoding?) {
        switch encoding {
        case nil: form = .unknown([])
        case .binary: form = .binary
        case .armored: form = .armored(ArmorReader())
        }
    }

    /// Appends to `output` what the form holds; also before it throws.
    mutating func read(_ bytes: [UInt8], into output: inout [UInt8]) throws(AgeError) {
        switch form {
        case .unknown(let before):
            let first = before + bytes
            form = Self.form(of: first)
            guard case .unknown = form else { return try read(first, into: &output) }
        case .binary:
            output += bytes
        case .armored(var reader):
            // Taken out while it is changed, so that it is not copied.
            form = .binary
            defer { form = .armored(reader) }
            try reader.read(bytes[...], into: &output)
        }
    }

    mutating func finish(into output: inout [UInt8]) throws(AgeError) {
        switch form {
        case .unknown(let first): output += first
        case .binary: return
        case .armored(var reader): try reader.finish(into: &output)
        }
    }

    private static func form(of first: [UInt8]) -> Form {
        let text = first.drop(while: \.isWhiteSpace)
        if text.starts(with: mark) { return .armored(ArmorReader()) }
        let isUndecided = mark.starts(with: text) && first.count <= blankLimit
        return isUndecided ? .unknown(first) : .binary
    }
}
