public import Vocabulary

extension Diagnostic.Code {
    public static let malformedYAML = Self(
        "FF0101", "a text that is not YAML",
        explanation: """
            The structure cannot be read: indentation that does not fit, a quote or bracket that \
            is not closed, a tab where spaces belong, a `: ` inside an unquoted text. The place is \
            where reading stopped; the slip is often a line above.

            A value that begins with `{{` must stand in quotes: YAML reads a bare `{` as a mapping.
            """)
    public static let notText = Self(
        "FF0102", "a file that is not text",
        explanation: """
            Files that operators write are UTF-8 without control characters. Line ends are those \
            of Unix, or of Windows throughout. An unusual character can be written with an escape \
            in a text in double quotes: "\\u2028".
            """)
    public static let duplicateKey = Self(
        "FF0103", "a key that stands twice in one mapping",
        explanation: """
            Which of the two values was meant cannot be known. (Other readers silently take the \
            last one.) Keys that come through `<<` may be written again.
            """)
    public static let ambiguousNumber = Self(
        "FF0104", "a number that can be read in two ways",
        explanation: """
            `0644` is an octal number to some readers of YAML and a decimal one to others, and a \
            number beyond 64 bits is rounded by some. Quote it when it is a text or a file mode \
            ("0644"), write `0o644` for an octal number.
            """)
    public static let unusableAlias = Self(
        "FF0105", "an alias that cannot be followed",
        explanation: """
            `*name` stands for the value marked `&name` further up in the same file. It cannot \
            stand inside that value, and what all aliases of a file expand to is bounded.
            """)
    public static let unsupportedYAML = Self(
        "FF0106", "YAML beyond what playbooks use",
        explanation: """
            One document a file, keys that are plain texts, no tags (`!vault`, `!!python`). Secrets \
            stand in secrets.age and are used as variables.
            """)
    public static let yamlTooLarge = Self(
        "FF0107", "YAML that is nested too deeply or too large",
        explanation: "The bounds are far above what a person writes, and keep hostile input cheap.")
}

public enum YAMLDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .malformedYAML, .notText, .duplicateKey, .ambiguousNumber, .unusableAlias,
        .unsupportedYAML, .yamlTooLarge,
    ]
}
