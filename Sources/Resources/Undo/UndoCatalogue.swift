/// The types of resources that undo steps name: those of playbooks, and a few that only undo
/// needs, since no playbook can say what was there before completely.
public enum UndoCatalogue {
    public static func type(named name: String) -> ResourceType? {
        own[name] ?? ResourceCatalogue.type(named: name)
    }

    private static let own = Dictionary(
        [
            ResourceType(PathState.typeName, PathStateResource.self),
            ResourceType(KernelSettingResource.typeName, KernelSettingResource.self),
            ResourceType(LiveModuleResource.typeName, LiveModuleResource.self),
            ResourceType(LiveMountResource.typeName, LiveMountResource.self),
            ResourceType(ServiceAgainResource.typeName, ServiceAgainResource.self),
            ResourceType(SecretEditResource.typeName, SecretEditResource.self),
            ResourceType(FirewallTableResource.typeName, FirewallTableResource.self),
        ].map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
}
