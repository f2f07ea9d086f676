import Schema
import Template
import Vocabulary

/// A value as it is written, with the templates in it read once.
struct TemplatedValue: Sendable {
    private indirect enum Content: Sendable {
        case literal
        case template(TextTemplate)
        case list([TemplatedValue])
        case map([Entry])
    }

    private struct Entry: Sendable {
        var key: String
        var keyPlace: SourcePlace
        var value: TemplatedValue
    }

    /// As it is written, templates as texts.
    let written: PlacedValue
    /// What it uses of variables.
    let uses: VariableUses
    private let content: Content

    /// - Throws: Every template that is malformed.
    init(_ value: PlacedValue) throws(Diagnostics) {
        written = value
        switch value.content {
        case .scalar(.string(let text)) where text.mayBeTemplate:
            let origin = value.textOrigin ?? TextOrigin(value.place)
            let template = try TextTemplate.parse(text, at: origin)
            content = .template(template)
            uses = VariableUses(template.references)
        case .scalar:
            content = .literal
            uses = VariableUses()
        case .list(let elements):
            let parts = try elements.mapCollecting { element throws(Diagnostics) in
                try TemplatedValue(element)
            }
            content = parts.allSatisfy(\.isLiteral) ? .literal : .list(parts)
            uses = parts.reduce(into: VariableUses()) { $0.formUnion($1.uses) }
        case .map(let entries):
            let parts = try entries.mapCollecting { entry throws(Diagnostics) in
                Entry(
                    key: entry.key, keyPlace: entry.keyPlace, value: try TemplatedValue(entry.value)
                )
            }
            content = parts.allSatisfy(\.value.isLiteral) ? .literal : .map(parts)
            uses = parts.reduce(into: VariableUses()) { $0.formUnion($1.value.uses) }
        }
    }

    var place: SourcePlace { written.place }
    var isLiteral: Bool { if case .literal = content { true } else { false } }

    /// With every template filled in; all that is undefined is thrown at once.
    ///
    /// - Parameter trail: what is known of the credentials in the scope.
    func rendered(
        in scope: Scope, _ trail: SecretTrail? = nil
    ) throws(Diagnostics) -> PlacedValue {
        switch content {
        case .literal: return written
        case .template(let template):
            let value = try template.render(in: scope)
            guard let trail else { return PlacedValue(value, at: place) }
            return trail.traced(value, uses, at: place) { scope throws(Diagnostics) in
                try template.render(in: scope)
            }
        case .list(let elements):
            let parts = try elements.mapCollecting { element throws(Diagnostics) in
                try element.rendered(in: scope, trail)
            }
            return PlacedValue(.list(parts), at: place)
        case .map(let entries):
            let parts = try entries.mapCollecting { entry throws(Diagnostics) in
                PlacedValue.Entry(
                    key: entry.key, keyPlace: entry.keyPlace,
                    value: try entry.value.rendered(in: scope, trail))
            }
            return PlacedValue(.map(parts), at: place)
        }
    }
}

extension String {
    /// Whether anything in it could be a template's tag.
    var mayBeTemplate: Bool {
        var previous: UInt8 = 0
        for byte in utf8 {
            if previous == UInt8(ascii: "{"),
                byte == UInt8(ascii: "{") || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "#")
            {
                return true
            }
            previous = byte
        }
        return false
    }
}
