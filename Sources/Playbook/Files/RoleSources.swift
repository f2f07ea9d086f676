import Schema
import Template
import Vocabulary

extension Role {
    /// What is wrong with the files that its tasks name, as far as it does not depend on
    /// variables: those that are missing, and templates that are malformed.
    func missingSources(_ cache: FileCache) -> Diagnostics {
        let files = RoleFiles(
            directory: path, stateDirectory: HostSetting.stateDirectory.usual, cache: cache,
            variables: Variables(scope: Scope(), failures: [:]))
        var wrong = Diagnostics()
        for task in tasks {
            guard let source = task.fields.written["source"],
                case .scalar(.string(let name)) = source.content, !name.mayBeTemplate
            else { continue }
            _ = wrong.collect { () throws(Diagnostics) in
                switch task.type.name {
                case "template": _ = try files.template(name, at: source.place)
                case "file": _ = try files.path(of: name, at: source.place)
                default: break
                }
            }
        }
        return wrong
    }
}
