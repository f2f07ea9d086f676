import Schema
import Template
import Vocabulary

/// `when:`: a bare expression, or plainly `true` or `false`.
struct Condition: Sendable {
    private enum Content: Sendable {
        case constant(Bool)
        case expression(TemplateExpression)
    }

    let uses: VariableUses
    private let content: Content

    init(_ value: PlacedValue) throws(Diagnostics) {
        switch value.content {
        case .scalar(.bool(let flag)):
            content = .constant(flag)
            uses = VariableUses()
        case .scalar(.string(let text)):
            guard !text.mayBeTemplate else {
                throw Diagnostics(
                    Diagnostic(
                        .malformedCondition, "`when` is an expression, not a template",
                        at: value.place, hint: "write it without the braces"))
            }
            let origin = value.textOrigin ?? TextOrigin(value.place)
            let expression = try TemplateExpression.parse(text, at: origin)
            content = .expression(expression)
            uses = VariableUses(expression.references)
        default:
            throw Diagnostics(
                Diagnostic(
                    .malformedCondition,
                    "expected an expression, found \(value.kindInWords)", at: value.place,
                    hint: "a text like `system and not legacy`"))
        }
    }

    func holds(in variables: Variables) throws(Diagnostics) -> Truth {
        switch content {
        case .constant(let flag): return flag ? .yes : .no
        case .expression(let expression):
            try variables.check(uses)
            return try expression.holds(in: variables.scope)
        }
    }
}

extension FieldType where Output == Condition {
    static var condition: FieldType<Condition> {
        FieldType("expression", jsonSchema: ["type": ["string", "boolean"]]) {
            value throws(Diagnostics) in
            try Condition(value)
        }
    }
}
