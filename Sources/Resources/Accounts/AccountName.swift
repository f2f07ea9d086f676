import Schema
import Vocabulary

/// Names of users and groups, as useradd(8) takes them.
enum AccountName {
    static let field = FieldType.text.checked { name in
        isValid(name) ? nil : "`\(name.visible)` is not the name of an account"
    }

    static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 32 else { return false }
        let rest = name.utf8.dropFirst()
        return (isLetter(first) || first == UInt8(ascii: "_"))
            && rest.dropLast().allSatisfy(isInner)
            && (rest.last.map { isInner($0) || $0 == UInt8(ascii: "$") } ?? true)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isInner(_ byte: UInt8) -> Bool {
        isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(byte)
    }
}

extension FieldType where Output == String {
    /// A field of `/etc/passwd`: one line, without a colon.
    static var passwdField: FieldType<String> {
        text.checked { text in
            text.unicodeScalars.contains { $0 == ":" || $0.value < 0x20 }
                ? "`\(text.visible)` has a colon or a control character" : nil
        }
    }
}
