import Template
import Vocabulary

/// A scope of one layer.
func scope(_ values: [String: Value]) -> Scope {
    Scope([Scope.Layer("test", values: values)])
}

func render(_ text: String, _ values: [String: Value] = [:]) throws(Diagnostics) -> Value {
    try TextTemplate.parse(text, at: TextOrigin(file: "t")).render(in: scope(values))
}

func evaluate(_ text: String, _ values: [String: Value] = [:]) throws(Diagnostics) -> Value {
    try TemplateExpression.parse(text, at: TextOrigin(file: "t")).evaluate(in: scope(values))
}

func holds(_ text: String, _ values: [String: Value] = [:]) throws(Diagnostics) -> Truth {
    try TemplateExpression.parse(text, at: TextOrigin(file: "t")).holds(in: scope(values))
}

/// What is wrong, one line each: `FF0303 1:4-1:8 message (hint)`.
func problems(_ body: () throws(Diagnostics) -> Value) -> [String] {
    do {
        return ["no problem but \(try body())"]
    } catch {
        return error.sorted.map { diagnostic in
            let place = diagnostic.place.map {
                "\($0.line):\($0.column)-\($0.end.line):\($0.end.column)"
            }
            let hint = diagnostic.hint.map { " (\($0))" } ?? ""
            return "\(diagnostic.code.id) \(place ?? "nowhere") \(diagnostic.message)\(hint)"
        }
    }
}

func problems(_ text: String, _ values: [String: Value] = [:]) -> [String] {
    problems { () throws(Diagnostics) in try render(text, values) }
}
