import Vocabulary

/// Reads a template. It does not recurse: open blocks are on a stack of its own, so that no
/// input can exhaust the thread's. After a malformed tag it goes on behind it.
///
/// White space is as with Ansible's `template`: the newline behind a `%}` or `#}` is removed
/// (Jinja's `trim_blocks`), white space in front of a tag stays unless it begins with `{%-`, and a
/// newline at the end of the text stays.
struct TemplateParser {
    let source: Source
    private var offset = 0
    private var nodes: [Node] = []
    private var open: [OpenBlock] = []
    private var problems = Diagnostics()
    /// A tag was never closed.
    private var isCutShort = false

    /// An `if` or `for` that waits for its end.
    private struct OpenBlock {
        let tag: Span
        /// What stands in front of it.
        var outer: [Node]
        /// Of a `for`.
        var loop: Node.Loop?
        /// Of an `if`: what is behind the last condition is not read to its end yet.
        var branches: [Node.Branch] = []
        var condition: Term = .placeholder
        var inElse = false

        var keyword: String { loop == nil ? "if" : "for" }

        /// What was read up to an `elif` or `else`, or to the end of an `if` without one.
        mutating func closePart(_ nodes: [Node]) {
            if loop == nil {
                branches.append(Node.Branch(condition: condition, body: nodes))
            } else {
                loop?.body = nodes
            }
        }
    }

    static func parse(_ source: Source) throws(Diagnostics) -> [Node] {
        var parser = TemplateParser(source: source)
        parser.run()
        try parser.problems.throwIfErrors()
        return parser.nodes
    }

    private init(source: Source) {
        self.source = source
    }

    private mutating func run() {
        while problems.all.count < Diagnostics.many, let tag = nextTag() {
            let start = offset
            offset = tag + 2
            let mark = offset < source.bytes.count ? source.bytes[offset] : nil
            if mark == UInt8(ascii: "-") || mark == UInt8(ascii: "+") { offset += 1 }
            appendText(start..<tag, strip: mark == UInt8(ascii: "-"))
            switch source.bytes[tag + 1] {
            case UInt8(ascii: "#"): comment(tag)
            case UInt8(ascii: "{"): output(tag)
            default: statement(tag)
            }
        }
        appendText(offset..<source.bytes.count, strip: false)
        for block in open.reversed() where problems.all.count < Diagnostics.many {
            // Behind a tag that is never closed nothing was read: the end may be there.
            if isCutShort { continue }
            report(
                .templateBlock, "`{% \(block.keyword) %}` is never closed", block.tag,
                hint: "needs `{% end\(block.keyword) %}`")
        }
    }

    /// The offset of the next `{{`, `{%` or `{#`.
    private func nextTag() -> Int? {
        let bytes = source.bytes
        var index = offset
        while index + 1 < bytes.count {
            if bytes[index] == UInt8(ascii: "{"), "{%#".utf8.contains(bytes[index + 1]) {
                return index
            }
            index += 1
        }
        return nil
    }

    private mutating func appendText(_ range: Range<Int>, strip: Bool) {
        var end = range.upperBound
        while strip, end > range.lowerBound, source.bytes[end - 1].isWhitespace { end -= 1 }
        if end > range.lowerBound { nodes.append(.text(source.text(range.lowerBound..<end))) }
    }

    // MARK: Tags

    private mutating func comment(_ tag: Int) {
        guard let end = source.bytes.firstRange(of: "#}".utf8.map { $0 }, from: tag + 2) else {
            return neverClosed(tag)
        }
        let mark = source.bytes[end.lowerBound - 1]
        offset = end.upperBound
        // `{#-#}` has one sign, which is the opening's.
        skipSpace(after: end.lowerBound - 1 > tag + 2 ? mark : nil, trimsNewline: true)
    }

    private mutating func output(_ tag: Int) {
        do {
            var parser = try ExpressionParser(Lexer(source, at: offset, until: .output))
            let value = try parser.expression()
            let mark = try parser.close("}}")
            nodes.append(.output(value))
            offset = parser.offset
            skipSpace(after: mark, trimsNewline: false)
        } catch {
            recover(tag, closer: "}}", error)
        }
    }

    private mutating func statement(_ tag: Int) {
        do throws(Diagnostics) {
            var parser = try ExpressionParser(Lexer(source, at: offset, until: .statement))
            guard case .name(let keyword) = parser.token.kind else {
                throw parser.unexpected("a statement")
            }
            let at = parser.token.span
            if keyword == "raw" { return try raw(tag) }
            try parser.advance()
            try statement(keyword, at, tag, &parser)
            let mark = try parser.close("%}")
            offset = parser.offset
            skipSpace(after: mark, trimsNewline: true)
        } catch {
            recover(tag, closer: "%}", error)
        }
    }

    private mutating func statement(
        _ keyword: String, _ at: Span, _ tag: Int, _ parser: inout ExpressionParser
    ) throws(Diagnostics) {
        let span = Span(start: tag, end: at.end)
        switch keyword {
        case "if":
            try begin(span, loop: nil)
            open[open.count - 1].condition = try parser.expression()
        case "for":
            try begin(span, loop: .placeholder)
            open[open.count - 1].loop = try loop(&parser)
        case "elif":
            try alternative(keyword, span)
            open[open.count - 1].condition = try parser.expression()
        case "else": try alternative(keyword, span)
        case "endif", "endfor": try end(keyword, span)
        case "set": nodes.append(try assignment(&parser))
        default:
            let known = ["if", "elif", "else", "endif", "for", "endfor", "set", "raw", "endraw"]
            throw parser.unknown("statement", keyword, at, known: known)
        }
    }

    private func loop(_ parser: inout ExpressionParser) throws(Diagnostics) -> Node.Loop {
        var names = [try parser.newName()]
        while try parser.takeSymbol(",") { names.append(try parser.newName()) }
        guard try parser.takeName("in") else { throw parser.unexpected("`in`") }
        let sequence = try parser.disjunction()
        let condition = try parser.takeName("if") ? try parser.expression() : nil
        return Node.Loop(names: names, sequence: sequence, condition: condition)
    }

    private func assignment(_ parser: inout ExpressionParser) throws(Diagnostics) -> Node {
        let name = try parser.newName()
        try parser.expect("=")
        return .set(name: name, try parser.expression())
    }

    private mutating func raw(_ tag: Int) throws(Diagnostics) {
        var parser = try ExpressionParser(Lexer(source, at: offset, until: .statement))
        try parser.advance()
        let mark = try parser.close("%}")
        offset = parser.offset
        // As in Jinja, the newline behind `{% raw %}` stays.
        skipSpace(after: mark, trimsNewline: false)
        let start = offset
        var search = start
        while let found = source.bytes.firstRange(of: Array("{%".utf8), from: search) {
            search = found.upperBound
            guard let end = endOfRaw(found.lowerBound) else { continue }
            let strips = source.bytes[found.upperBound] == UInt8(ascii: "-")
            appendText(start..<found.lowerBound, strip: strips)
            offset = end.offset
            skipSpace(after: end.mark, trimsNewline: true)
            return
        }
        offset = source.bytes.count
        report(
            .templateBlock, "`{% raw %}` is never closed", Span(start: tag, end: start),
            hint: "needs `{% endraw %}`")
    }

    /// Whether `{% endraw %}` stands at an offset; where it ends and with which sign.
    private func endOfRaw(_ tag: Int) -> (offset: Int, mark: UInt8?)? {
        let bytes = source.bytes
        var index = tag + 2
        if index < bytes.count, [0x2D, 0x2B].contains(bytes[index]) { index += 1 }
        while index < bytes.count, bytes[index].isWhitespace { index += 1 }
        guard bytes[index...].starts(with: "endraw".utf8) else { return nil }
        var lexer = Lexer(source, at: index + 6, until: .statement)
        guard let token = try? lexer.next(), case .close(let mark) = token.kind else { return nil }
        return (lexer.offset, mark)
    }

    private mutating func skipSpace(after mark: UInt8?, trimsNewline: Bool) {
        let bytes = source.bytes
        if mark == UInt8(ascii: "-") {
            while offset < bytes.count, bytes[offset].isWhitespace { offset += 1 }
        } else if trimsNewline, mark != UInt8(ascii: "+") {
            if bytes[offset...].starts(with: "\r\n".utf8) {
                offset += 2
            } else if offset < bytes.count, bytes[offset] == UInt8(ascii: "\n") {
                offset += 1
            }
        }
    }

    // MARK: Blocks

    private mutating func begin(_ tag: Span, loop: Node.Loop?) throws(Diagnostics) {
        guard open.count < RenderLimits.nesting else {
            throw Diagnostics([
                Diagnostic(
                    .templateLimit, "blocks are nested deeper than \(RenderLimits.nesting) levels",
                    at: source.place(tag))
            ])
        }
        open.append(OpenBlock(tag: tag, outer: nodes, loop: loop))
        nodes = []
    }

    /// `elif` or `else`: what was read so far is the body of what came before.
    private mutating func alternative(_ keyword: String, _ span: Span) throws(Diagnostics) {
        guard let block = open.last, keyword == "else" || block.keyword == "if" else {
            throw stray(keyword, span)
        }
        guard !block.inElse else {
            throw Diagnostics([
                Diagnostic(
                    .templateBlock, "`{% \(keyword) %}` after `{% else %}`",
                    at: source.place(span),
                    related: [.init("the block begins here", at: source.place(block.tag))])
            ])
        }
        open[open.count - 1].closePart(nodes)
        open[open.count - 1].inElse = keyword == "else"
        nodes = []
    }

    private mutating func end(_ keyword: String, _ span: Span) throws(Diagnostics) {
        guard open.last.map({ keyword == "end\($0.keyword)" }) ?? false else {
            throw stray(keyword, span)
        }
        var block = open.removeLast()
        let node: Node
        if var loop = block.loop {
            if block.inElse { loop.otherwise = nodes } else { loop.body = nodes }
            // The word somewhere in the body is enough: a turn then costs a little more.
            let body = source.bytes[block.tag.end..<span.start]
            loop.usesLoop = body.firstRange(of: Array("loop".utf8), from: block.tag.end) != nil
            node = .loop(loop)
        } else if block.inElse {
            node = .condition(block.branches, otherwise: nodes)
        } else {
            block.closePart(nodes)
            node = .condition(block.branches, otherwise: [])
        }
        nodes = block.outer
        // The only reference to what was in front, so that appending does not copy it.
        block.outer = []
        nodes.append(node)
    }

    private func stray(_ keyword: String, _ span: Span) -> Diagnostics {
        let related = open.last.map {
            [
                Diagnostic.Related(
                    "`{% \($0.keyword) %}` is open since here", at: source.place($0.tag))
            ]
        }
        return Diagnostics([
            Diagnostic(
                .templateBlock, "`{% \(keyword) %}` closes or continues nothing",
                at: source.place(span),
                hint: open.last.map { "needs `{% end\($0.keyword) %}` first" },
                related: related ?? [])
        ])
    }

    // MARK: Problems

    private mutating func report(
        _ code: Diagnostic.Code, _ message: String, _ span: Span, hint: String? = nil
    ) {
        problems.add(Diagnostic(code, message, at: source.place(span), hint: hint))
    }

    private mutating func neverClosed(_ tag: Int) {
        let opening = source.text(tag..<tag + 2)
        report(
            .templateSyntax, "`\(opening)` is never closed", Span(start: tag, end: tag + 2),
            hint: opening == "{{" ? "needs `}}`" : opening == "{%" ? "needs `%}`" : "needs `#}`")
        offset = source.bytes.count
        isCutShort = true
    }

    /// Goes on behind the tag that `error` is about.
    private mutating func recover(_ tag: Int, closer: String, _ error: Diagnostics) {
        guard let end = source.bytes.firstRange(of: Array(closer.utf8), from: tag + 2) else {
            return neverClosed(tag)
        }
        problems.add(error)
        offset = end.upperBound
    }
}

extension Node.Loop {
    fileprivate static let placeholder = Node.Loop(
        names: ["_"], sequence: .placeholder, condition: nil)
}

extension Term {
    /// Stands for an expression that could not be read, in a template that is refused anyway.
    fileprivate static let placeholder = Term(
        kind: .literal(.null), span: Span(start: 0, end: 0), height: 1)
}

extension ExpressionParser {
    /// The end of the tag; yields its sign.
    fileprivate func close(_ closer: String) throws(Diagnostics) -> UInt8? {
        guard case .close(let mark) = token.kind else {
            throw unexpected("`\(closer)`")
        }
        return mark
    }

    /// The name of a variable that the template sets.
    fileprivate mutating func newName() throws(Diagnostics) -> String {
        guard case .name(let name) = token.kind, !Self.reserved.contains(name) else {
            throw unexpected("the name of a variable")
        }
        try advance()
        return name
    }
}
