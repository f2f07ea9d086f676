import ArgumentParser
import Playbook

struct SchemaCommand: ParsableCommand {
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case role, site, environment
    }

    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of a kind of file, for editors.",
        discussion: """
            Examples:
              finflowctl schema role >role.schema.json
              finflowctl schema environment

            With a YAML language server, the first line of a file names its schema:
              # yaml-language-server: $schema=role.schema.json
            """)

    @Argument(help: "role, site or environment.")
    var kind = Kind.role

    func run() {
        let schema =
            switch kind {
            case .role: PlaybookSchema.role
            case .site: PlaybookSchema.site
            case .environment: PlaybookSchema.environment
            }
        Stream.output.line(schema.pretty)
    }
}
