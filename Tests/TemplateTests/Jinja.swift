import Loop
import Template

/// The real Jinja2, set up as Ansible's `template` does, to compare with.
enum Jinja {
    /// What Python made of a template; `nil` where it raised an error.
    typealias Output = String?

    static func isInstalled() async -> Bool {
        let probe = try? await ChildProcess.collect(Command("python3", ["-c", "import jinja2"]))
        return probe?.exit.isSuccess ?? false
    }

    static func render(_ templates: [String], in variables: Value) async throws -> [Output] {
        var outputs: [Output] = []
        for start in stride(from: 0, to: templates.count, by: 500) {
            let batch = Array(templates[start..<min(start + 500, templates.count)])
            outputs += try await renderBatch(batch, in: variables)
        }
        return outputs
    }

    private static func renderBatch(
        _ templates: [String], in variables: Value
    ) async throws -> [Output] {
        let input: Value = ["templates": .list(templates.map { .string($0) }), "vars": variables]
        let json = try evaluate("input | to_json", ["input": input]).string ?? ""
        let result = try await ChildProcess.collect(
            Command("python3", ["-c", program]), input: Array(json.utf8))
        guard result.exit.isSuccess else { throw Failure(output: result.errorText) }
        return result.outputText.split(separator: "\u{1E}").map { record in
            record.first == "+" ? String(record.dropFirst()) : nil
        }
    }

    struct Failure: Error {
        let output: String
    }

    /// Filters that Ansible adds to Jinja are written as in Ansible. Booleans are finalized to the
    /// words of YAML: the one difference that we have on purpose.
    private static let program = """
        import sys, json, shlex, base64, jinja2
        given = json.load(sys.stdin)
        words = lambda v: ("true" if v else "false") if isinstance(v, bool) else v
        env = jinja2.Environment(
            trim_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined,
            finalize=words)
        def combine(a, b, recursive=False):
            both = dict(a)
            for k, v in b.items():
                deep = recursive and isinstance(v, dict) and isinstance(both.get(k), dict)
                both[k] = combine(both[k], v, True) if deep else v
            return both
        env.filters.update(
            to_json=lambda v, indent=None: json.dumps(
                v, indent=indent, ensure_ascii=False, default=list),
            quote=lambda v: shlex.quote(str(words(v))),
            b64encode=lambda v: base64.b64encode(str(words(v)).encode()).decode(),
            b64decode=lambda v: base64.b64decode(v).decode(),
            split=lambda v, sep=None: v.split(sep),
            splitlines=lambda v: v.splitlines(), lines=lambda v: v.splitlines(),
            dict2items=lambda m: [{"key": k, "value": v} for k, v in m.items()],
            items2dict=lambda l: {e["key"]: e["value"] for e in l},
            combine=combine)
        for text in given["templates"]:
            try:
                out = "+" + env.from_string(text).render(given["vars"])
            except Exception as e:
                out = "-" + type(e).__name__
            sys.stdout.write(out + chr(30))
        """
}
