/// All types of resources that a playbook can name, in the order of the reference: by name.
public enum ResourceCatalogue {
    public static let all: [ResourceType] = (files + system).sorted { $0.name < $1.name }

    /// The type that a key of a playbook stands for.
    public static func type(named name: String) -> ResourceType? { byName[name] }

    private static let byName = Dictionary(
        all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    /// What lies on disks.
    private static let files: [ResourceType] = [
        ResourceType(ArchiveResource.self),
        ResourceType(BlockResource.self),
        ResourceType(DirectoryResource.self),
        ResourceType(DownloadResource.self),
        ResourceType(FileResource.self),
        ResourceType(LineResource.self),
        ResourceType(SymlinkResource.self),
        ResourceType(TemplateResource.self),
    ]

    /// What a system is and does.
    private static let system: [ResourceType] = [
        ResourceType(AptRepositoryResource.self),
        ResourceType(AssertResource.self),
        ResourceType(AuthorizedKeyResource.self),
        ResourceType(CommandResource.self),
        ResourceType(CronResource.self),
        ResourceType(FirewallResource.self),
        ResourceType(GroupResource.self),
        ResourceType(HostnameResource.self),
        ResourceType(KernelModuleResource.self),
        ResourceType(MountResource.self),
        ResourceType(PackageResource.self),
        ResourceType(ServiceResource.self),
        ResourceType(SysctlResource.self),
        ResourceType(SystemdUnitResource.self),
        ResourceType(TimerResource.self),
        ResourceType(TimezoneResource.self),
        ResourceType(UserResource.self),
        ResourceType(WaitForResource.self),
    ]
}
