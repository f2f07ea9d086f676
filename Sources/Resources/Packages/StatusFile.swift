/// Paragraphs of dpkg's status file (deb-control(5)), as `grep -A` finds them.
enum StatusFile {
    /// How many lines behind the name of a package hold all that is read: dpkg writes fields in
    /// an order of its own, the short ones first.
    static let lines = 24

    /// As lines of `dpkg-query`: name, architecture, letters of the state and version, by tabs.
    static func table(from text: String) -> [Substring] {
        var table: [Substring] = []
        var package = Paragraph()
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        {
            if let name = line.value(of: "Package: ") {
                package = Paragraph(name: name)
            } else if let status = line.value(of: "Status: ") {
                package.status = letters(status)
            } else if let architecture = line.value(of: "Architecture: ") {
                package.architecture = architecture
            } else if let version = line.value(of: "Version: ") {
                package.version = version
            } else if line.isEmpty || line.elementsEqual("--".utf8) {
                table += package.row
                package = Paragraph()
            }
        }
        return table + package.row
    }

    private struct Paragraph {
        var name: Substring = ""
        var status: String?
        /// What is held but not installed has neither this nor a version.
        var architecture: Substring = ""
        var version: Substring = ""

        var row: [Substring] {
            guard !name.isEmpty, let status else { return [] }
            return ["\(name)\t\(architecture)\t\(status)\t\(version)"]
        }
    }

    /// `install ok installed` as `ii `.
    private static func letters(_ status: Substring) -> String? {
        let words = status.split(separator: " ")
        guard words.count == 3, let wanted = wants[words[0]], let state = states[words[2]]
        else { return nil }
        return wanted + state + (words[1] == "reinstreq" ? "R" : " ")
    }

    private static let wants: [Substring: String] = [
        "unknown": "u", "install": "i", "hold": "h", "deinstall": "r", "purge": "p",
    ]

    private static let states: [Substring: String] = [
        "not-installed": "n", "config-files": "c", "half-installed": "H", "unpacked": "U",
        "half-configured": "F", "triggers-awaited": "W", "triggers-pending": "t",
        "installed": "i",
    ]
}

extension Substring.UTF8View {
    /// What follows `name` at the start of a line.
    fileprivate func value(of name: String) -> Substring? {
        starts(with: name.utf8) ? Substring(dropFirst(name.utf8.count)) : nil
    }
}
