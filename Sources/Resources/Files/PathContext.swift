import Hosts
import Vocabulary

/// What the file-like resources ask of what stands at a path.
extension PlanContext {
    /// What stands there; `nil` for nothing.
    func status(of path: String) throws -> PathStatus? {
        switch try answers.answer(PathProbe(path)) {
        case .missing: return nil
        case .present(let status): return status
        case .unreadable:
            throw problem(
                .unreadablePath, "`\(path.visible)` cannot be looked at: permission denied",
                help: "With `become: true` the task runs as root.")
        }
    }

    /// Demands a directory for something new to be made in.
    ///
    /// In a dry run a change that comes before it may be the one that makes it.
    func demandParent(of path: String) throws {
        let parent = path.parentPath
        let status = try status(of: parent)
        switch status?.kind {
        case .directory, .symlink: return
        case nil where followsPendingChanges: return
        case nil:
            throw problem(
                .missingParent,
                "`\(path.visible)` cannot be made: there is no directory `\(parent.visible)`",
                help: "Add a `directory` task for it.")
        case .file, .other:
            throw problem(
                .wrongKindOfPath,
                "`\(path.visible)` cannot be made: `\(parent.visible)` is not a directory")
        }
    }

    func wrongKind(_ path: String, _ kind: PathStatus.Kind, wanted: String) -> Diagnostics {
        problem(
            .wrongKindOfPath,
            "`\(path.visible)` is \(kind.inWords), and \(wanted) is wanted there",
            help: "It is not removed by itself. Move it away or choose another path.")
    }

    func problem(
        _ code: Diagnostic.Code, _ message: String, help: String? = nil
    ) -> Diagnostics {
        Diagnostics([Diagnostic(code, message, at: place, help: help)])
    }
}

extension String {
    /// The path of the directory that an absolute path stands in; `/` for `/`.
    var parentPath: String {
        guard let slash = utf8.lastIndex(of: UInt8(ascii: "/")), slash > startIndex else {
            return "/"
        }
        return String(self[..<slash])
    }

    /// The directories above it, the highest one first, without `/`.
    var ancestors: [String] {
        var result: [String] = []
        var path = parentPath
        while path != "/", !path.isEmpty, path != "~" {
            result.insert(path, at: 0)
            path = path.parentPath
        }
        return result
    }

    /// The path of `name` in the directory at this path.
    func appendingPath(_ name: String) -> String {
        self == "/" ? "/" + name : self + "/" + name
    }
}
