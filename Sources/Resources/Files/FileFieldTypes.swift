public import Schema
public import Vocabulary

extension FieldType where Output == FileMode {
    /// A mode in quoted octal digits. Unquoted, YAML has made another number of it by the time
    /// it is read; symbolic modes say what to change and not what to have.
    public static var fileMode: FieldType<FileMode> {
        FieldType(
            "mode, octal and quoted (\"0644\")",
            jsonSchema: ["type": "string", "pattern": "^[0-7]{3,4}$"]
        ) { value throws(Diagnostics) in
            if case .scalar(.int(let number)) = value.content {
                throw Diagnostics([
                    Diagnostic(
                        .wrongType, "a mode is a quoted text, this is the number \(number)",
                        at: value.place, hint: "put its octal digits in quotes, like \"0644\"")
                ])
            }
            let text = try FieldType<String>.text.read(value)
            guard let mode = FileMode(octal: text) else {
                let isSymbolic = text.contains { "ugoa+-=rwx".contains($0) }
                throw Diagnostics([
                    Diagnostic(
                        .invalidValue, "`\(text.visible)` is not an octal mode", at: value.place,
                        hint: isSymbolic
                            ? "symbolic modes are not taken; write \"0644\" or the like"
                            : "three or four digits from 0 to 7, like \"0644\"")
                ])
            }
            return mode
        }
    }
}

extension FieldType where Output == String {
    /// The name or the number of a user or a group.
    public static var account: FieldType<String> {
        FieldType.textOrNumber.checked { name in
            let isPlain =
                !name.isEmpty
                && name.unicodeScalars.allSatisfy { scalar in
                    scalar.value > 0x20 && scalar.value != 0x7F && scalar != ":" && scalar != "/"
                }
            return isPlain && !name.hasPrefix("-")
                ? nil : "`\(name.visible)` is no name of a user or group"
        }
    }

    /// A command that judges a file before it is put in place.
    static var validation: FieldType<String> {
        FieldType.text.checked { command in
            command.contains("%s")
                ? nil : "the command does not say where the file's name goes: it needs a `%s`"
        }
    }

    /// One line of a text.
    static var singleLine: FieldType<String> {
        FieldType.text.checked { text in
            text.unicodeScalars.contains { $0 == "\n" || $0 == "\0" } ? "this is one line" : nil
        }
    }
}

/// The name of a file of the role, and where it is written.
struct LocalSource: Sendable {
    var name = ""
    var place = SourcePlace(file: "", line: 1, column: 1)
}

extension FieldType where Output == LocalSource {
    static var localSource: FieldType<LocalSource> {
        FieldType<String>.text.checked { name in
            name.isEmpty || name.unicodeScalars.contains("\0") ? "a file's name is needed" : nil
        }.map("file of the role") { name, place in LocalSource(name: name, place: place) }
    }
}
