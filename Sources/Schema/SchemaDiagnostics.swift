public import Vocabulary

extension Diagnostic.Code {
    public static let unknownKey = Self(
        "FF0201", "a key that this mapping does not have",
        explanation: """
            Every mapping in a playbook or environment has a fixed set of keys, so that a typing \
            slip is found before it changes a host. `finflowctl doc TYPE` lists the keys of a \
            resource, `finflowctl schema` gives them to an editor.
            """)
    public static let missingKey = Self(
        "FF0202", "a key that this mapping needs is missing",
        explanation: "The message names the key. `finflowctl doc TYPE` shows an example.")
    public static let wrongType = Self(
        "FF0203", "a value of the wrong type",
        explanation: """
            The value cannot be read as what its key takes. Quote a text that looks like a number \
            or boolean; file modes are always quoted ("0644"), since YAML would read an octal \
            number.
            """)
    public static let invalidValue = Self(
        "FF0204", "a value that its key does not allow",
        explanation: "The type is right, the value is not; the message says what is allowed.")
    public static let misplacedSecret = Self(
        "FF0205", "a secret where it would be shown",
        explanation: """
            Names, paths, modes and the like are printed in plans, logs and journals. A value that \
            came from secrets.age, or was computed from one, may only stand in fields that are \
            redacted: contents, passwords and environments.
            """)
    public static let conflictingKeys = Self(
        "FF0206", "keys that exclude or need each other",
        explanation: "Keep one of the keys that the message names, or add the missing one.")
}

public enum SchemaDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .unknownKey, .missingKey, .wrongType, .invalidValue, .misplacedSecret, .conflictingKeys,
    ]
}
