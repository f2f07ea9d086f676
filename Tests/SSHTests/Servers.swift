import Lab
import Loop
import SSH

/// A server for the time of one test.
func withServer(
    settings: [String] = [], hostKeyTypes: [String] = ["ed25519", "ecdsa"],
    _ body: (LocalSSHD) async throws -> Void
) async throws {
    let server = try await LocalSSHD.start(settings: settings, hostKeyTypes: hostKeyTypes)
    do {
        try await body(server)
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

extension LocalSSHD {
    var target: SSHTarget {
        SSHTarget(
            host: address, port: port, user: user, identities: [SSHIdentity(clientKey)],
            knownHosts: [knownHosts])
    }
}
