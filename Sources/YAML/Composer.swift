import Vocabulary

/// Puts events together to nodes.
struct Composer {
    let text: String
    let file: String
    let limits: YAMLReader.Limits
    private var wrong = Diagnostics()
    private var anchors: [String: YAMLNode] = [:]
    /// Anchors of the collections that are being read: an alias to one would stand in itself.
    private var open: Set<String> = []
    private var nodes = 0

    init(text: String, file: String, limits: YAMLReader.Limits) {
        self.text = text
        self.file = file
        self.limits = limits
    }

    mutating func documents(from stream: inout EventStream) throws(Diagnostics) -> [YAMLNode] {
        var result: [YAMLNode] = []
        do throws(Halt) {
            reading: while true {
                switch try next(from: &stream).kind {
                case .end: break reading
                case .documentStart:
                    anchors = [:]
                    result.append(try node(next(from: &stream), from: &stream, depth: 1))
                default: break
                }
            }
        } catch {
            // A template outside quotes may have been noticed as a strange key already.
            if !wrong.all.contains(error.diagnostic) { wrong.add(error.diagnostic) }
            throw wrong
        }
        try wrong.throwIfErrors()
        return result
    }

    /// A slip in the structure, or a bound: what follows is not read.
    private struct Halt: Error {
        var diagnostic: Diagnostic
    }

    private func next(from stream: inout EventStream) throws(Halt) -> Event {
        do throws(SyntaxProblem) {
            return try stream.next()
        } catch {
            throw Halt(diagnostic: SyntaxWording(text: text, file: file).diagnostic(of: error))
        }
    }

    private mutating func node(
        _ event: Event, from stream: inout EventStream, depth: Int
    ) throws(Halt) -> YAMLNode {
        let place = place(event.start, event.end)
        if depth > limits.depth {
            throw Halt(
                diagnostic: Diagnostic(
                    .yamlTooLarge, "nested more than \(limits.depth) levels deep", at: place))
        }
        if let anchor = event.anchor { open.insert(anchor) }
        checkTag(event.tag, event, at: place)
        let node: YAMLNode
        switch event.kind {
        case .alias(let name): return try aliased(name, at: place, depth: depth)
        case .scalar(let text, let style, let isPlain):
            node = scalar(text, style, isPlain: isPlain && event.tag == nil, event, at: place)
        case .sequenceStart: node = try sequence(event, from: &stream, depth: depth)
        case .mappingStart: node = try mapping(event, from: &stream, depth: depth)
        case .documentStart, .end, .collectionEnd, .other:
            // libyaml's grammar has a node here.
            node = scalar("", .plain, isPlain: true, event, at: place)
        }
        try count(1, at: place)
        if let anchor = event.anchor {
            open.remove(anchor)
            anchors[anchor] = node
        }
        return node
    }

    private mutating func count(_ more: Int, at place: SourcePlace) throws(Halt) {
        nodes += more
        if nodes > limits.nodes {
            throw Halt(
                diagnostic: Diagnostic(
                    .yamlTooLarge, "more than \(limits.nodes) values, those of aliases included",
                    at: place))
        }
    }
}

// MARK: - The kinds of nodes

extension Composer {
    private mutating func aliased(
        _ name: String, at place: SourcePlace, depth: Int
    ) throws(Halt) -> YAMLNode {
        guard let node = anchors[name], !open.contains(name) else {
            let isInside = open.contains(name)
            let near = nearestName(to: name, among: anchors.keys)
            wrong.add(
                Diagnostic(
                    .unusableAlias,
                    isInside
                        ? "the alias `*\(name)` stands inside what it stands for"
                        : "the alias `*\(name)` has no `&\(name)` before it",
                    at: place, hint: isInside ? nil : near.map { "did you mean `*\($0)`?" }))
            return scalar("", .plain, isPlain: true, nil, at: place)
        }
        try count(node.size, at: place)
        if depth + node.height - 1 > limits.depth {
            throw Halt(
                diagnostic: Diagnostic(
                    .yamlTooLarge, "nested more than \(limits.depth) levels deep", at: place))
        }
        return node.moved(to: place)
    }

    private mutating func scalar(
        _ content: String, _ style: YAMLScalar.Style, isPlain: Bool, _ event: Event?,
        at place: SourcePlace
    ) -> YAMLNode {
        let meaning =
            isPlain ? meaning(of: content, at: place) : YAMLScalar.Meaning.text
        if content.unicodeScalars.contains("\0") {
            wrong.add(Diagnostic(.notText, "a text with a NUL character", at: place))
        }
        let source = ScalarSource(
            file: text, startIndex: event?.start.index ?? 0, endIndex: event?.end.index ?? 0,
            start: place.start, hasProperties: event?.anchor != nil || event?.tag != nil)
        return YAMLNode(
            YAMLScalar(text: content, meaning: meaning, style: style, source: source), at: place)
    }

    private mutating func meaning(
        of content: String, at place: SourcePlace
    ) -> YAMLScalar.Meaning {
        switch PlainReading(content) {
        case .meaning(let meaning): return meaning
        case .leadingZero:
            wrong.add(
                Diagnostic(
                    .ambiguousNumber, "the number `\(content)` begins with a zero", at: place,
                    hint: "quote it: \"\(content)\""))
        case .overflow:
            wrong.add(
                Diagnostic(
                    .ambiguousNumber, "the number `\(content)` does not fit in 64 bits", at: place,
                    hint: "quote it if it is a text"))
        }
        return .text
    }

    private mutating func sequence(
        _ start: Event, from stream: inout EventStream, depth: Int
    ) throws(Halt) -> YAMLNode {
        var elements: [YAMLNode] = []
        while true {
            let event = try next(from: &stream)
            if case .collectionEnd = event.kind {
                return YAMLNode(elements, at: place(start.start, event.end))
            }
            elements.append(try node(event, from: &stream, depth: depth + 1))
        }
    }

    private mutating func mapping(
        _ start: Event, from stream: inout EventStream, depth: Int
    ) throws(Halt) -> YAMLNode {
        var entries = MappingEntries()
        while true {
            let event = try next(from: &stream)
            if case .collectionEnd = event.kind {
                let place = place(start.start, event.end)
                return YAMLNode(entries.merged(&wrong), at: place)
            }
            let key = try node(event, from: &stream, depth: depth + 1)
            let value = try node(next(from: &stream), from: &stream, depth: depth + 1)
            guard let name = key.scalar else {
                wrong.add(unusableKey(event, at: key.place))
                continue
            }
            entries.add(
                YAMLNode.Entry(key: name.text, keyPlace: key.place, value: value),
                isMerge: name.text == "<<" && name.style == .plain, &wrong)
        }
    }

    private func unusableKey(_ event: Event, at place: SourcePlace) -> Diagnostic {
        let before = text.unicodeScalars.dropFirst(max(0, event.start.index - 1)).prefix(2)
        guard String(String.UnicodeScalarView(before)) == "{{" else {
            return Diagnostic(.unsupportedYAML, "a key that is not a text", at: place)
        }
        return .bareTemplate(
            in: file, line: place.line, column: place.column - 1)
    }

    private mutating func checkTag(_ tag: String?, _ event: Event, at place: SourcePlace) {
        guard let tag, tag != "!" else { return }
        let core = "tag:yaml.org,2002:"
        let expected =
            switch event.kind {
            case .scalar: "str"
            case .sequenceStart: "seq"
            default: "map"
            }
        guard tag != core + expected else { return }
        let name = tag.hasPrefix(core) ? "!!" + tag.dropFirst(core.count) : tag
        wrong.add(
            Diagnostic(
                .unsupportedYAML, "the tag `\(name.visible)` is not known here", at: place,
                hint: tag == "!vault" ? "secrets stand in secrets.age" : "remove it"))
    }

    private func place(_ start: Mark, _ end: Mark) -> SourcePlace {
        let nonEmpty =
            end.position > start.position
            ? end.position
            : SourcePlace.Position(line: start.position.line, column: start.position.column + 1)
        return SourcePlace(file: file, start: start.position, end: nonEmpty)
    }
}
