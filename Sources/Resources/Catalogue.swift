/// All types of resources that a playbook can name, in the order of the reference: by name.
public enum ResourceCatalogue {
    public static let all: [ResourceType] = (files + system).sorted { $0.name < $1.name }

    /// The type that a key of a playbook stands for.
    public static func type(named name: String) -> ResourceType? { byName[name] }

    private static let byName = Dictionary(
        all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    /// What lies on disks.
    private static let files: [ResourceType] = [
        ResourceType("archive", ArchiveResource.self),
        ResourceType("block", BlockResource.self),
        ResourceType("directory", DirectoryResource.self),
        ResourceType("download", DownloadResource.self),
        ResourceType("file", FileResource.self),
        ResourceType("line", LineResource.self),
        ResourceType("symlink", SymlinkResource.self),
        ResourceType("template", TemplateResource.self),
    ]

    /// What a system is and does.
    private static let system: [ResourceType] = [
        ResourceType("apt_repository", AptRepositoryResource.self),
        ResourceType("assert", AssertResource.self),
        ResourceType("authorized_key", AuthorizedKeyResource.self),
        ResourceType("command", CommandResource.self),
        ResourceType("cron", CronResource.self),
        ResourceType("firewall", FirewallResource.self),
        ResourceType("group", GroupResource.self),
        ResourceType("hostname", HostnameResource.self),
        ResourceType("kernel_module", KernelModuleResource.self),
        ResourceType("mount", MountResource.self),
        ResourceType("package", PackageResource.self),
        ResourceType("service", ServiceResource.self),
        ResourceType("sysctl", SysctlResource.self),
        ResourceType("systemd_unit", SystemdUnitResource.self),
        ResourceType("timer", TimerResource.self),
        ResourceType("timezone", TimezoneResource.self),
        ResourceType("user", UserResource.self),
        ResourceType("wait_for", WaitForResource.self),
    ]
}
