public import Loop

/// One host of a lab.
public struct LabHost: Hashable, Sendable {
    /// `h001`, which is also its host name.
    public let name: String
    /// On this machine's loopback, for processes outside the lab's namespace: a relay passes
    /// connections to port `site.port` on to the host's sshd.
    public let address: String
    /// On the lab's own network, for its hosts and for processes in its namespace.
    public let insideAddress: String
    public let site: LabSite

    /// The user that tests log in as; it may do everything with `sudo -n`.
    public var user: String { "ops" }
    /// Of `ops` and of root alike.
    public var keyFile: String { site.keyFile }

    /// Gives it a fresh disk and a fresh network and boots it, in about a third of a second.
    /// Its host key stays.
    public func reset() async throws { try await perform("reset") }

    /// Reboots it from inside; returns when it answers again.
    public func reboot() async throws { try await perform("reboot") }

    /// Ends all of its ssh connections, as a failing network would. It goes on listening.
    public func cutConnections() async throws { try await perform("cut") }

    /// Ends all of its processes at once. The disk stays as it is.
    public func cutPower() async throws { try await perform("off") }

    /// Boots it after `cutPower()`; returns when it answers.
    public func restorePower() async throws { try await perform("on") }

    /// Runs shell words on the host as root without its sshd, for a look from outside at what
    /// was done to it.
    public func inspect(_ script: String) async throws -> CollectedOutput {
        try await LabScript.run(["enter", name, "sh", "-c", script], lab: site.number)
    }

    /// Runs shell words on the host with this machine's `ssh`.
    public func ssh(_ script: String, as user: String = "ops") async throws -> CollectedOutput {
        try await ChildProcess.collect(
            Command("ssh", ["-F", site.sshConfigFile, "-l", user, name, script]))
    }

    private func perform(_ order: String) async throws {
        try await LabScript.perform([order, name], lab: site.number)
    }
}

extension [LabHost] {
    /// Resets all of them at once.
    public func reset() async throws {
        guard let first else { return }
        try await LabScript.perform(["reset"] + map(\.name), lab: first.site.number)
    }
}
