import Hosts

extension FirewallResource: NetworkResource {
    /// Its files, and the table that is in force, in nft's own words: it may be another one than
    /// the files say. What enables its unit is a link, and so is put back as one.
    public var restoration: Restoration? {
        Restoration(
            paths: [file.path, unitFile.path, Self.enablingLink], keeping: Self.keeping,
            restoring: Self.restoring, isInForceAtOnce: true)
    }

    private static let enablingLink =
        "/etc/systemd/system/sysinit.target.wants/\(FirewallResource.unitName)"

    /// What puts it back, whole: no table at first, and then the one there was.
    fileprivate static let keeping: ShellScript = """
        printf '%s\\n' \(["add \(tableLine)", "delete \(tableLine)"]) >table || exit
        ! command -v nft >/dev/null || [ -z "$(nft list tables | grep -x \(tableLine))" ] ||
          nft list table \(raw: Ruleset.table) >>table || exit
        """

    /// In one transaction, as the firewall itself: no packet meets half of it.
    fileprivate static let restoring: ShellScript = """
        ! command -v nft >/dev/null || nft -f table || exit
        [ -n "$boot" ] || [ ! -d /run/systemd/system ] || systemctl daemon-reload
        """

    private static let tableLine = "table \(Ruleset.table)"
}

extension FirewallTableResource: NetworkResource {
    /// The table alone: its files are steps of their own.
    public var restoration: Restoration? {
        Restoration(
            keeping: FirewallResource.keeping, restoring: FirewallResource.restoring,
            isInForceAtOnce: true)
    }
}
