public import Schema
public import Vocabulary

/// A piece of POSIX shell: a value that is built by pure functions, compared in tests, and run
/// by a ``HostSession``.
///
/// Interpolating a text quotes it, so no path and no name can ever become syntax; syntax is
/// what is written literally, or `\(raw:)`. A secret is interpolated as a `Sensitive` and is
/// redacted wherever the script is printed.
public struct ShellScript: Sendable {
    fileprivate enum Piece: Hashable, Sendable {
        case text(String)
        case secret(Secret)
    }

    /// Holds a quoted secret; equal by content, never printed.
    fileprivate struct Secret: Hashable, Sendable {
        let quoted: Sensitive<String>

        static func == (left: Secret, right: Secret) -> Bool {
            left.quoted.withExposed { mine in right.quoted.withExposed { $0 == mine } }
        }

        func hash(into hasher: inout Hasher) {
            quoted.withExposed { hasher.combine($0) }
        }
    }

    fileprivate var pieces: [Piece]

    public init() {
        pieces = []
    }

    /// Shell syntax that the caller answers for.
    public init(raw syntax: String) {
        pieces = [.text(syntax)]
    }

    public var isEmpty: Bool { pieces.isEmpty }

    /// What may be shown: the script with its secrets redacted.
    public var shown: String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .secret: redaction
            }
        }.joined()
    }

    /// The bytes that a shell reads.
    public func withExposed<Result, Failure: Error>(
        _ body: (String) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let plain): text += plain
            case .secret(let secret): secret.quoted.withExposed { text += $0 }
            }
        }
        return try body(text)
    }

    public static func + (left: ShellScript, right: ShellScript) -> ShellScript {
        var result = left
        result.pieces += right.pieces
        return result
    }

    public static func += (left: inout ShellScript, right: ShellScript) {
        left.pieces += right.pieces
    }
}

extension ShellScript: Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { shown }
    public var debugDescription: String { shown }
}

extension ShellScript: ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) {
        pieces = value.isEmpty ? [] : [.text(value)]
    }

    public init(stringInterpolation: StringInterpolation) {
        pieces = stringInterpolation.pieces
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var pieces: [Piece] = []

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { pieces.append(.text(literal)) }
        }

        /// One word of the shell, whatever is in it.
        public mutating func appendInterpolation(_ word: String) {
            pieces.append(.text(word.shellQuoted))
        }

        /// Words of the shell, parted by spaces.
        public mutating func appendInterpolation(_ words: [String]) {
            pieces.append(.text(words.map(\.shellQuoted).joined(separator: " ")))
        }

        public mutating func appendInterpolation(_ number: Int) {
            pieces.append(.text(String(number)))
        }

        public mutating func appendInterpolation(_ script: ShellScript) {
            pieces += script.pieces
        }

        public mutating func appendInterpolation(_ secret: Sensitive<String>) {
            pieces.append(.secret(Secret(quoted: secret.map(\.shellQuoted))))
        }

        /// One word, redacted if it is a secret.
        public mutating func appendInterpolation(_ text: SecretText) {
            if text.isSensitive {
                appendInterpolation(text.withExposed { Sensitive($0) })
            } else {
                appendInterpolation(text.shown)
            }
        }

        /// Shell syntax that the caller answers for.
        public mutating func appendInterpolation(raw syntax: String) {
            pieces.append(.text(syntax))
        }
    }
}

extension Sequence where Element == ShellScript {
    public func joined(separator: ShellScript = "\n") -> ShellScript {
        var result = ShellScript()
        for (index, script) in enumerated() {
            if index > 0 { result += separator }
            result += script
        }
        return result
    }
}

extension String {
    /// The text as one word of a POSIX shell (XCU 2.2.2): as it is where that is safe, else in
    /// single quotes.
    public var shellQuoted: String {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
                    UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: ":"),
                    UInt8(ascii: ","), UInt8(ascii: "@"), UInt8(ascii: "%"):
                    true
                default: false
                }
            }
        if isPlain { return self }
        var quoted = "'"
        for character in unicodeScalars {
            if character == "'" {
                quoted += #"'\''"#
            } else {
                quoted.unicodeScalars.append(character)
            }
        }
        return quoted + "'"
    }
}
