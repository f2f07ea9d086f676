import Schema
import Vocabulary

/// Names of systemd units.
enum UnitName {
    static let suffixes = [
        "service", "socket", "timer", "target", "mount", "path", "slice", "automount", "swap",
    ]

    /// `chrony` means `chrony.service`.
    static func withSuffix(_ name: String) -> String {
        hasSuffix(name) ? name : name + ".service"
    }

    static func hasSuffix(_ name: String) -> Bool {
        suffixes.contains { name.hasSuffix("." + $0) }
    }

    /// The name that its package probably has: `chrony` of `chrony.service`, `postgresql` of
    /// `postgresql@15-main.service`.
    static func stem(_ unit: String) -> String {
        String(unit.prefix { $0 != "." && $0 != "@" })
    }

    /// What systemd accepts (systemd.unit(5)), as one part of a path.
    static let field = FieldType.text.checked { name in
        let isValid =
            !name.isEmpty && name.utf8.count < 256 && name.first != "-" && name.first != "."
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "-"),
                    UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: "@"):
                    true
                default: false
                }
            }
        return isValid ? nil : "`\(name.visible)` is not the name of a systemd unit"
    }

    /// Where unit files of a scope lie.
    static func directory(_ scope: UnitScope) -> String {
        switch scope {
        case .system: "/etc/systemd/system"
        case .user: "~/.config/systemd/user"
        }
    }
}
