internal import Loop
internal import Vocabulary

/// The user's two files of profiles. They are read again each time: whoever renews credentials
/// writes them there.
struct ProfileFiles: Sendable {
    let environment: AWSEnvironment

    private static let limit = ByteCount.mebibytes(1)

    /// A profile's settings from both files, those of `credentials` first.
    struct Profile: Sendable {
        let name: String
        fileprivate let settings: [String: Sensitive<String>]

        subscript(setting: String) -> Sensitive<String>? {
            settings[setting].flatMap { $0.withExposed(\.isEmpty) ? nil : $0 }
        }

        /// A setting that is no secret.
        func text(_ setting: String) -> String? {
            self[setting]?.withExposed { $0 }
        }
    }

    /// - Throws: ``CredentialsError`` for a file that cannot be read.
    func profile(_ name: String) async throws -> Profile? {
        let config = try await settings(
            of: name, in: environment.file("config", variable: "AWS_CONFIG_FILE"), .config)
        let credentials = try await settings(
            of: name,
            in: environment.file("credentials", variable: "AWS_SHARED_CREDENTIALS_FILE"),
            .credentials)
        guard config != nil || credentials != nil else { return nil }
        return Profile(
            name: name, settings: (config ?? [:]).merging(credentials ?? [:]) { $1 })
    }

    private func settings(
        of profile: String, in path: String?, _ kind: ProfileFile.Kind
    ) async throws -> [String: Sensitive<String>]? {
        guard let path else { return nil }
        let bytes: [UInt8]?
        do {
            bytes = try await BlockingPool.shared.run { () throws(SystemError) in
                try FileCalls.contents(of: path, atMost: Self.limit)
            }
        } catch {
            throw CredentialsError.failed(path, "it cannot be read: \(error.reason)")
        }
        guard let bytes else { return nil }
        do {
            let text = String(decoding: bytes, as: UTF8.self)
            return try ProfileFile(text, kind).profiles[profile]
        } catch {
            throw CredentialsError.failed(path, "line \(error.line): \(error.reason)")
        }
    }
}
