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
