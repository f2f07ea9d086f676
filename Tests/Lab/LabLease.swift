internal import FoundationEssentials
internal import Loop

/// A lab of this process's own: hosts on one bridge, in a network namespace that no other lab
/// shares.
///
/// The hosts live until `end()`, or until this process ends, however it ends: the script that
/// holds them waits for its standard input to end, which only this process can write to.
public actor LabLease {
    /// Where the lab is and how its hosts are reached.
    public nonisolated let site: LabSite
    public nonisolated let hosts: [LabHost]
    private let holder: ChildProcess

    private init(site: LabSite, hosts: [LabHost], holder: ChildProcess) {
        self.site = site
        self.hosts = hosts
        self.holder = holder
    }

    /// Starts `count` hosts and waits until each answers on its ssh port.
    ///
    /// The first lease on a machine builds the base image and the package repository, which
    /// takes a minute or two.
    public static func take(count: Int) async throws -> LabLease {
        let holder = try await ChildProcess.spawn(LabScript.command(["lease", String(count)]))
        do {
            let answer = try JSONDecoder().decode(
                Answer.self, from: Data(try await line(of: holder)))
            let site = LabSite(
                number: answer.lab, directory: answer.directory, namespace: answer.namespace,
                port: answer.port)
            let hosts = answer.hosts.map {
                LabHost(name: $0.name, address: $0.address, insideAddress: $0.inside, site: site)
            }
            return LabLease(site: site, hosts: hosts, holder: holder)
        } catch {
            await holder.close()
            throw error
        }
    }

    /// Runs `body` with hosts that it has for itself.
    public static func withHosts<Value: Sendable>(
        _ count: Int, _ body: (LabLease) async throws -> Value
    ) async throws -> Value {
        let lease = try await take(count: count)
        do {
            let value = try await body(lease)
            try await lease.end()
            return value
        } catch {
            // The first error is the one that tells something.
            try? await lease.end()
            throw error
        }
    }

    /// Ends the hosts; returns when nothing is left of them.
    public func end() async throws {
        await holder.closeInput()
        var words: [UInt8] = []
        while let chunk = try await holder.read() {
            if case .error(let bytes) = chunk { words += bytes }
        }
        let exit = try await holder.exit()
        await holder.close()
        guard exit.isSuccess else {
            throw LabError("a lab ended with \(exit): \(String(decoding: words, as: UTF8.self))")
        }
    }

    /// The first line that the script prints.
    private static func line(of holder: ChildProcess) async throws -> [UInt8] {
        var output: [UInt8] = []
        var words: [UInt8] = []
        while let chunk = try await holder.read() {
            switch chunk {
            case .output(let bytes): output += bytes
            case .error(let bytes): words += bytes
            }
            if let end = output.firstIndex(of: UInt8(ascii: "\n")) { return Array(output[..<end]) }
        }
        throw LabError("no hosts: \(String(decoding: words, as: UTF8.self))")
    }

    private struct Answer: Decodable {
        struct Host: Decodable {
            let name: String
            let address: String
            let inside: String
        }

        let lab: Int
        let directory: String
        let namespace: String
        let port: Int
        let hosts: [Host]
    }
}
