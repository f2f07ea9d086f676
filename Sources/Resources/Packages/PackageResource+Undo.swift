import Vocabulary

extension PackageResource {
    /// How a change of one package is put back: to the version that was there, or to none. Its
    /// configuration is never purged: what came into it since may be all that is left of
    /// something.
    static func undo(of item: PackageRequest.Item, from package: PackageState?) -> [UndoStep] {
        let wasInstalled = package?.isInstalled ?? false
        let wasHeld = package?.isHeld ?? false
        func spec(_ fields: [(String, JSON?)]) -> ResourceSpec {
            ResourceSpec("package", compact: [("name", .string(item.name))] + fields)
        }
        let holdChanges = item.hold.map { $0 != wasHeld } ?? false
        let before: ResourceSpec
        if let package, wasInstalled {
            before = spec([
                ("version", item.target == nil ? nil : .string(package.version)),
                ("hold", holdChanges || wasHeld ? .bool(wasHeld) : nil),
            ])
        } else {
            before = spec([("state", "absent")])
        }
        let left: ResourceSpec
        switch item.target {
        case .absent, .purged: left = spec([("state", "absent")])
        case .version(let version):
            left = spec([("version", .string(version)), ("hold", item.hold.map(JSON.bool))])
        case .present, .latest, nil: left = spec([("hold", item.hold.map(JSON.bool))])
        }
        return [UndoStep(left: left, before: before)]
    }
}
