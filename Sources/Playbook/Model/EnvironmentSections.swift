public import Schema
public import Vocabulary

/// The sections of environment.yaml that capabilities read themselves.
public struct EnvironmentSections: Sendable {
    /// The whole file's place, where a section that is missing would stand.
    public let file: String
    public let state: StatePlace?
    /// The text of the file, for errors that point into it.
    public let sources: [String: String]
    private let sections: [String: PlacedValue]

    /// A section, where there is one that says anything.
    public subscript(name: String) -> PlacedValue? {
        guard let section = sections[name] else { return nil }
        if case .scalar(.null) = section.content { return nil }
        return section
    }

    /// Those of an environment. No other file of the playbooks is read: a backup is made whatever
    /// is wrong with a role.
    ///
    /// - Parameter root: the directory with site.yaml.
    public static func of(
        environment name: String, root: String
    ) throws(Diagnostics) -> EnvironmentSections {
        var loading = Loading(root: root, catalogue: [], facts: .anything)
        let environment = loading.environment(name)
        let sources = loading.directory.sources
        guard let environment else { throw loading.wrong }
        return EnvironmentSections(
            file: loading.directory.path("environments", name, "environment.yaml"),
            state: environment.state, sources: sources, sections: environment.sections)
    }
}
