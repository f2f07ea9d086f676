import ArgumentParser
import Playbook
import Resources
import Vocabulary

struct DocCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doc",
        abstract: "Explain a type of resource: its keys and an example.",
        discussion: """
            Examples:
              finflowctl doc            all types, a line each
              finflowctl doc file
              finflowctl doc --all      the whole reference, as Markdown
            """)

    @Argument(help: "The type, as a playbook writes it.")
    var type: String?

    @Flag(help: "Print the reference of all types as Markdown.")
    var all = false

    func run() throws {
        let types = ResourceCatalogue.all
        if all {
            Stream.output.write(ResourceReference.markdown(types))
            return
        }
        guard let name = type else {
            let width = types.map(\.name.count).max() ?? 0
            for type in types {
                Stream.output.line("\(type.name.padded(to: width))  \(type.summary)")
            }
            return
        }
        guard let found = types.first(where: { $0.name == name }) else {
            let near = nearestName(to: name, among: types.map(\.name))
            let hint = near.map { "; did you mean `\($0)`?" } ?? "; `finflowctl doc` lists all"
            throw ValidationError("there is no resource type `\(name.visible)`\(hint)")
        }
        Stream.output.write(ResourceReference.text(found))
    }
}
