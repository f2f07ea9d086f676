/// The outcome of a condition.
public enum Truth: Sendable, Hashable {
    case yes
    case no
    /// It depends on something that is not known yet.
    case unknown(String)

    init(_ flag: Bool) { self = flag ? .yes : .no }

    var negated: Truth {
        switch self {
        case .yes: .no
        case .no: .yes
        case .unknown: self
        }
    }
}
