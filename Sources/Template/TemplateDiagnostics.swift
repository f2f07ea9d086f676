public import Vocabulary

extension Diagnostic.Code {
    public static let templateSyntax = Diagnostic.Code(
        "FF0301", "malformed template",
        explanation: """
            A tag or an expression cannot be read. Output stands in `{{ … }}`, statements (`if`, \
            `for`, `set`, `raw`) in `{% … %}`, comments in `{# … #}`. A condition (`when:`) is a \
            bare expression, without braces.

            Text that only looks like a template goes between `{% raw %}` and `{% endraw %}`.
            """)

    public static let templateBlock = Diagnostic.Code(
        "FF0302", "template block not closed, or closed without being opened",
        explanation: """
            Each `{% if %}` needs its `{% endif %}` and each `{% for %}` its `{% endfor %}`; \
            `elif` and `else` stand between them, `else` last and once.
            """)

    public static let undefinedVariable = Diagnostic.Code(
        "FF0303", "undefined variable",
        explanation: """
            A template uses a variable, a key or an element that does not exist. An undefined \
            name is always an error, never an empty text: in conditions, loops and arguments too.

            Set it (role defaults, environment, group, host, `--set`), or say that it may be \
            missing: `{{ name | default("fallback") }}`, `{% if name is defined %}`.
            """)

    public static let unknownFilter = Diagnostic.Code(
        "FF0304", "unknown filter, test or function",
        explanation: """
            Templates are a strict subset of Jinja with a fixed set of filters, tests and \
            functions; there are no regular expressions and no plugins.
            """)

    public static let wrongKind = Diagnostic.Code(
        "FF0305", "wrong kind of value in a template",
        explanation: """
            An operator or a filter was given a value that it is not made for, such as a \
            comparison of an int with a string. Nothing is converted silently: use `int`, \
            `float`, `string`, `bool`, `join` or `to_json`.
            """)

    public static let impossibleValue = Diagnostic.Code(
        "FF0306", "a template cannot compute this value",
        explanation: """
            The kinds are right but there is no result: a division by zero, an integer beyond 64 \
            bits, a text that is not a number, base64 that does not decode.
            """)

    public static let templateLimit = Diagnostic.Code(
        "FF0307", "template too large",
        explanation: """
            Nesting, output and work of a template are bounded, so that no input can hang or \
            exhaust the controller. A template that a person wrote does not come near the limits.
            """)

    public static let filterArguments = Diagnostic.Code(
        "FF0308", "wrong arguments",
        explanation: "A filter, test or function was given arguments that it does not take.")
}

public enum TemplateDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .templateSyntax, .templateBlock, .undefinedVariable, .unknownFilter, .wrongKind,
        .impossibleValue, .templateLimit, .filterArguments,
    ]
}

extension Diagnostics {
    /// Beyond so many diagnostics of one template nobody reads on.
    static let many = 100
}
