/// A value that must never be shown.
///
/// Its storage is private, it has no `Codable` and no `Equatable`, every reflection of it is
/// empty, and interpolating one into a string does not compile (the overload below is
/// deprecated and warnings are errors). The one way out is ``withExposed(_:)``, whose name a
/// reviewer can search for.
public struct Sensitive<Wrapped: Sendable>: Sendable {
    private let wrapped: Wrapped

    public init(_ wrapped: Wrapped) {
        self.wrapped = wrapped
    }

    /// Lends the value to `body`; nothing but what `body` returns leaves.
    public func withExposed<Result, Failure: Error>(
        _ body: (Wrapped) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(wrapped)
    }

    /// The same secret in another shape, still sensitive.
    public func map<Other: Sendable, Failure: Error>(
        _ transform: (Wrapped) throws(Failure) -> Other
    ) throws(Failure) -> Sensitive<Other> {
        Sensitive<Other>(try transform(wrapped))
    }
}

/// What stands where a secret would.
public let redaction = "[sensitive]"

extension Sensitive: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { redaction }
    public var debugDescription: String { redaction }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension DefaultStringInterpolation {
    @available(*, deprecated, message: "a Sensitive has no place in a string; see withExposed")
    public mutating func appendInterpolation<Wrapped>(_ value: Sensitive<Wrapped>) {
        appendLiteral(redaction)
    }
}
