internal import HTTP
internal import Vocabulary

/// What the agent beside a container gives: ECS, and EKS Pod Identity.
struct ContainerCredentials: CredentialsSource {
    let environment: AWSEnvironment
    let service: MetadataService

    var name: String { "container" }

    /// Where an agent may be without TLS: ECS's, and EKS's by IPv4 and IPv6.
    private static let agents = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]

    func find() async throws -> CredentialsFinding {
        guard let url = try url() else {
            return .absent("AWS_CONTAINER_CREDENTIALS_FULL_URI is not set")
        }
        var headers: HTTPHeaders = ["Accept": "application/json"]
        if let token = try await token() { headers.add("Authorization", token) }
        let answer: (response: HTTPResponse, body: [UInt8])
        do {
            answer = try await service.ask(.get, url, headers: headers, attempts: 3)
        } catch let error as HTTPError {
            throw CredentialsError.failed(name, "the agent cannot be asked: \(error)")
        }
        guard answer.response.isSuccess else {
            throw CredentialsError.failed(
                name, "the agent answers with status \(answer.response.status)")
        }
        do {
            return .found(try CredentialsDocument(answer.body, session: "Token").credentials)
        } catch {
            throw CredentialsError.failed(name, "the agent is of no use: \(error.reason)")
        }
    }

    private func url() throws -> String? {
        if let path = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
            return "http://169.254.170.2\(path)"
        }
        guard let url = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] else { return nil }
        guard let place = ServiceEndpoint(url, allowingQuery: true) else {
            throw CredentialsError.failed(
                name, "AWS_CONTAINER_CREDENTIALS_FULL_URI is no http or https URL")
        }
        // The agent's token goes there.
        guard place.isSecure || place.isLoopback || Self.agents.contains(place.name) else {
            throw CredentialsError.failed(
                name,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an agent's own address")
        }
        return url
    }

    private func token() async throws -> Sensitive<String>? {
        if let path = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
            return try await TokenFile.read(path, source: name)
        }
        guard let token = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] else { return nil }
        guard token.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw CredentialsError.failed(name, "AWS_CONTAINER_AUTHORIZATION_TOKEN is no token")
        }
        return Sensitive(token)
    }
}
