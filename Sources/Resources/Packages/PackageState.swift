/// What dpkg knows of a package.
public struct PackageState: Hashable, Sendable {
    /// The three letters of `dpkg -l`: wanted, status, error.
    public var status: String
    public var version: String
    /// The version that apt would install, where it was asked for.
    public var candidate: String?

    public init(status: String, version: String, candidate: String? = nil) {
        self.status = status
        self.version = version
        self.candidate = candidate
    }

    /// Unpacked, configured and without an error: what a killed run leaves is not.
    public var isInstalled: Bool {
        let letters = Array(status)
        return letters.count >= 2 && letters[1] == "i" && (letters.count < 3 || letters[2] == " ")
    }

    /// Neither installed nor remembered: nothing of it is left.
    public var isGone: Bool { status.dropFirst().first == "n" }

    public var isHeld: Bool { status.hasPrefix("h") }

    /// Whether the installed version is the one that is asked for; a `*` at the end of the
    /// pattern stands for anything, as in apt.
    func matches(_ pattern: String) -> Bool {
        pattern.hasSuffix("*") ? version.hasPrefix(pattern.dropLast()) : version == pattern
    }

    /// In an operator's words.
    var shown: String {
        guard let letter = status.dropFirst().first else { return "not installed" }
        return switch letter {
        case "i": isInstalled ? version : "\(version), broken"
        case "c": "not installed, but configured"
        case "n": "not installed"
        case "U", "F", "W", "t", "H": "\(version), half installed"
        default: "not installed"
        }
    }
}
