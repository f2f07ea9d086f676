import CLibYAML
import Vocabulary

/// One of libyaml's events, with what it owns copied out.
struct Event {
    enum Kind {
        case documentStart
        case end
        case alias(String)
        case scalar(text: String, style: YAMLScalar.Style, isPlain: Bool)
        case sequenceStart
        case mappingStart
        case collectionEnd
        /// The beginning of the stream, the end of a document: nothing to know.
        case other
    }

    var kind: Kind
    var anchor: String?
    var tag: String?
    var start: Mark
    var end: Mark
}

struct Mark {
    /// In Unicode scalars from the beginning.
    var index: Int
    var position: SourcePlace.Position

    init(_ mark: yaml_mark_t) {
        index = Int(mark.index)
        position = SourcePlace.Position(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }
}

/// What libyaml says when it can read no further.
struct SyntaxProblem: Error {
    var message: String
    var place: Mark
    var context: String?
    var contextPlace: Mark
}

/// Owns a libyaml parser; the bytes that it reads must outlive it.
struct EventStream: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>

    /// `nil` when there is no memory.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            return nil
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    mutating func next() throws(SyntaxProblem) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem }
        defer { yaml_event_delete(&event) }
        return Event(event)
    }

    private var problem: SyntaxProblem {
        let state = parser.pointee
        let message = state.problem.map { String(cString: $0) } ?? "it cannot be read"
        return SyntaxProblem(
            message: message, place: Mark(state.problem_mark),
            context: state.context.map { String(cString: $0) },
            contextPlace: Mark(state.context_mark))
    }
}

extension Event {
    fileprivate init(_ event: yaml_event_t) {
        start = Mark(event.start_mark)
        end = Mark(event.end_mark)
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_STREAM_END_EVENT: kind = .end
        case YAML_ALIAS_EVENT: kind = .alias(Self.text(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            anchor = Self.text(scalar.anchor)
            tag = Self.text(scalar.tag)
            kind = .scalar(
                text: String(
                    decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length),
                    as: UTF8.self),
                style: YAMLScalar.Style(scalar.style), isPlain: scalar.plain_implicit == 1)
        case YAML_SEQUENCE_START_EVENT:
            anchor = Self.text(event.data.sequence_start.anchor)
            tag = Self.text(event.data.sequence_start.tag)
            kind = .sequenceStart
        case YAML_MAPPING_START_EVENT:
            anchor = Self.text(event.data.mapping_start.anchor)
            tag = Self.text(event.data.mapping_start.tag)
            kind = .mappingStart
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: kind = .collectionEnd
        default: kind = .other
        }
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }
}

extension YAMLScalar.Style {
    fileprivate init(_ style: yaml_scalar_style_t) {
        self =
            switch style {
            case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
            case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
            case YAML_LITERAL_SCALAR_STYLE: .literal
            case YAML_FOLDED_SCALAR_STYLE: .folded
            default: .plain
            }
    }
}
