import Hosts

extension FileResource: NetworkResource {
    public var restoration: Restoration? { Restoration(paths: [path]) }
}

extension TemplateResource: NetworkResource {
    public var restoration: Restoration? { Restoration(paths: [path]) }
}

extension LineResource: NetworkResource {
    public var restoration: Restoration? { Restoration(paths: [edit.path]) }
}

extension BlockResource: NetworkResource {
    public var restoration: Restoration? { Restoration(paths: [edit.path]) }
}

extension SymlinkResource: NetworkResource {
    public var restoration: Restoration? { Restoration(paths: [path]) }
}

extension SecretEditResource: NetworkResource {
    public var restoration: Restoration? { Restoration(paths: [path]) }
}

extension PathStateResource: NetworkResource {
    /// A directory is made or removed only while it is empty, and cuts nobody off.
    public var restoration: Restoration? {
        switch state.kind {
        case .file, .link: Restoration(paths: [state.path])
        case .missing: state.unlessUsed ? nil : Restoration(paths: [state.path])
        case .directory, .lost: nil
        }
    }
}
