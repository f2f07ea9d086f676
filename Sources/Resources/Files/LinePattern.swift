import Schema
import Vocabulary

/// A regular expression that is tried on one line at a time, on the controller: what it means
/// does not depend on which `grep` a host has.
struct LinePattern: Hashable, Sendable {
    let source: String

    init(_ source: String) throws {
        _ = try Regex<AnyRegexOutput>(source)
        self.source = source
    }

    /// Whether it is found in a line. A `Regex` cannot be kept in a value that is `Sendable`.
    var matcher: (String) -> Bool {
        guard
            let regex = try? Regex<AnyRegexOutput>(source).matchingSemantics(.unicodeScalar)
        else {
            preconditionFailure("it was compiled before: \(source)")
        }
        return { $0.contains(regex) }
    }
}

extension FieldType where Output == LinePattern {
    static var linePattern: FieldType<LinePattern> {
        FieldType<String>.text.map("regular expression") { source, place throws(Diagnostics) in
            do {
                return try LinePattern(source)
            } catch {
                throw Diagnostics([
                    Diagnostic(
                        .invalidPattern, "`\(source.visible)` is no regular expression", at: place,
                        hint: "\(error)".split(separator: "\n").first.map(String.init)?.visible)
                ])
            }
        }
    }
}
