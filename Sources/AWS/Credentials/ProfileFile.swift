internal import Vocabulary

/// A file of profiles, as `~/.aws/config` and `~/.aws/credentials` are: sections in brackets,
/// `name = value` in them; `#` and `;` begin comments, an indented line belongs to the setting
/// above it.
struct ProfileFile: Sendable {
    /// How the two files name a profile's section.
    enum Kind {
        /// `[profile NAME]`, or `[default]`.
        case config
        /// `[NAME]`
        case credentials
    }

    /// Where a file is not one, and why: without what stands there, which may be a secret.
    struct Malformed: Error, Hashable {
        let line: Int
        let reason: String
    }

    /// By profile and setting, whose names are lowercase. Any value may be a secret.
    private(set) var profiles: [String: [String: Sensitive<String>]] = [:]

    init(_ text: String, _ kind: Kind) throws(Malformed) {
        var section: String?
        var isInSection = false
        /// `[default]` of a config file counts only where there is no `[profile default]`.
        var plainDefault: [String: Sensitive<String>] = [:]
        var isPlainDefault = false
        var settings = 0
        for (index, line) in text.split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline
        )
        .enumerated() {
            let content = Self.trimmed(line)
            if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
            if content.hasPrefix("[") {
                let name = try Self.section(content, line: index + 1)
                section = Self.profile(name, kind)
                isPlainDefault = kind == .config && name == "default"
                isInSection = true
                settings = 0
                if let section, !isPlainDefault {
                    profiles[section, default: [:]] = profiles[section] ?? [:]
                }
                continue
            }
            guard isInSection else {
                throw Malformed(line: index + 1, reason: "a setting before the first section")
            }
            // Of a nested setting (`s3 =` with lines below it).
            if settings > 0, line.first == " " || line.first == "\t" { continue }
            guard let equals = content.firstIndex(of: "=") else {
                throw Malformed(line: index + 1, reason: "neither a section nor a setting")
            }
            let key = Self.trimmed(content[..<equals]).lowercased()
            guard !key.isEmpty else {
                throw Malformed(line: index + 1, reason: "no name before `=`")
            }
            let value = Sensitive(String(Self.value(content[content.index(after: equals)...])))
            settings += 1
            guard let section else { continue }
            if isPlainDefault {
                plainDefault[key] = value
            } else {
                profiles[section, default: [:]][key] = value
            }
        }
        if !plainDefault.isEmpty, profiles["default"] == nil { profiles["default"] = plainDefault }
    }

    private static func section(_ content: Substring, line: Int) throws(Malformed) -> String {
        guard let end = content.firstIndex(of: "]") else {
            throw Malformed(line: line, reason: "a section without `]`")
        }
        let rest = trimmed(content[content.index(after: end)...])
        guard rest.isEmpty || rest.hasPrefix("#") || rest.hasPrefix(";") else {
            throw Malformed(line: line, reason: "something behind a section's `]`")
        }
        return String(trimmed(content.dropFirst().prefix(upTo: end)))
    }

    private static func profile(_ section: String, _ kind: Kind) -> String? {
        guard kind == .config, section != "default" else { return section }
        let words = section.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0] == "profile" else { return nil }
        return String(trimmed(words[1]))
    }

    /// Up to a comment, which has space before it.
    private static func value(_ text: Substring) -> Substring {
        var previous: Character = "="
        for index in text.indices {
            if text[index] == "#" || text[index] == ";", previous == " " || previous == "\t" {
                return trimmed(text[..<index])
            }
            previous = text[index]
        }
        return trimmed(text)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
        guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" && $0 != "\r" }) else {
            return start.prefix(0)
        }
        return start[...last]
    }
}
