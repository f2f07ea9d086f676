import Schema
import Template
public import Vocabulary

/// How one part of a change is put back: two pieces of desired state.
///
/// The change can be put back as long as `left` still plans no change, by converging to
/// `before`. Neither holds a secret: contents are named by digest, credentials by name and
/// version.
public struct UndoStep: Hashable, Sendable {
    /// What the change leaves.
    public var left: ResourceSpec
    /// What was found.
    public var before: ResourceSpec

    public init(left: ResourceSpec, before: ResourceSpec) {
        self.left = left
        self.before = before
    }

    /// As the journal of a host holds it: `{"left":{TYPE:{…}},"before":{TYPE:{…}}}`.
    public var json: JSON { .object([.init("left", left.json), .init("before", before.json)]) }

    /// `nil` for what ``json`` did not write.
    public init?(_ json: JSON) {
        guard let left = json["left"].flatMap(ResourceSpec.init(_:)),
            let before = json["before"].flatMap(ResourceSpec.init(_:))
        else { return nil }
        self.init(left: left, before: before)
    }
}

/// A resource as a playbook would write it, kept to be read again later.
public struct ResourceSpec: Hashable, Sendable {
    /// The key in a playbook, or the name of one of ``UndoCatalogue``.
    public var type: String
    /// An object.
    public var fields: JSON

    public init(_ type: String, _ fields: JSON) {
        self.type = type
        self.fields = fields
    }

    /// Without the fields that are `nil`.
    public init(_ type: String, compact fields: [(String, JSON?)]) {
        self.init(type, .object(compact: fields))
    }

    public var json: JSON { .object([.init(type, fields)]) }

    /// Whether a credential is needed to bring it about.
    public var holdsSecret: Bool { fields["secret"] != nil }

    public init?(_ json: JSON) {
        guard let members = json.members, members.count == 1, members[0].value.members != nil
        else { return nil }
        self.init(members[0].name, members[0].value)
    }

    /// The resource, as the catalogue reads it.
    ///
    /// - Parameter place: what errors say that it stands in.
    public func resource(at place: SourcePlace) throws(Diagnostics) -> any Resource {
        guard let type = UndoCatalogue.type(named: type) else {
            throw Diagnostics([
                Diagnostic(
                    .unreadableUndo, "there is no type of resource `\(type.visible)`", at: place,
                    help: "Was it written by a newer finflowctl?")
            ])
        }
        return try type.read(PlacedValue(Value(fields), at: place))
    }
}
