/// A piece of a template.
indirect enum Node: Sendable {
    case text(String)
    case output(Term)
    case condition([Branch], otherwise: [Node])
    case loop(Loop)
    case set(name: String, Term)

    /// One `if` or `elif`.
    struct Branch: Sendable {
        let condition: Term
        var body: [Node]
    }

    struct Loop: Sendable {
        /// One name, or several that unpack each element.
        let names: [String]
        let sequence: Term
        /// `for … in … if condition`.
        let condition: Term?
        var body: [Node] = []
        var otherwise: [Node] = []
        /// Whether anything in the body says `loop`.
        var usesLoop = false
    }
}
