/// Where a lab is, and the files that tell how to reach its hosts.
public struct LabSite: Hashable, Sendable {
    /// What tells it from this machine's other labs; `LAB=number` for the script.
    public let number: Int
    let directory: String
    /// Its network namespace as a file, for `nsenter --net=`: inside, hosts are reached directly.
    public let namespace: String
    /// Of all hosts' ssh, from outside the namespace.
    public let port: Int

    /// The private key that both users of each host accept.
    public var keyFile: String { "\(directory)/id_ed25519" }
    /// All hosts' keys, by name, by address from outside and by address inside.
    public var knownHostsFile: String { "\(directory)/known_hosts" }
    /// For OpenSSH, outside the namespace.
    public var sshConfigFile: String { "\(directory)/ssh_config" }
    /// For OpenSSH, inside the namespace.
    public var insideSSHConfigFile: String { "\(directory)/ssh_config.inside" }
    /// For Ansible, inside the namespace.
    public var ansibleInventoryFile: String { "\(directory)/inventory.ini" }
}
