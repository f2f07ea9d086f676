internal import HTTP
internal import Vocabulary

/// What an EC2 machine is told of itself, by version 2 of the instance metadata service: a token
/// first, which no page that a server can be tricked into fetching could get. Version 1 is never
/// asked.
struct InstanceCredentials: CredentialsSource {
    let environment: AWSEnvironment
    let service: MetadataService

    var name: String { "instance metadata" }

    private static let path = "/latest/meta-data/iam/security-credentials/"

    func find() async throws -> CredentialsFinding {
        if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" {
            return .absent("AWS_EC2_METADATA_DISABLED is set")
        }
        let endpoint = try endpoint()
        let answer: (response: HTTPResponse, body: [UInt8])
        do {
            answer = try await service.ask(
                .put, "\(endpoint)/latest/api/token",
                headers: ["X-aws-ec2-metadata-token-ttl-seconds": "21600"], attempts: 2)
        } catch let error as HTTPError {
            // No such machine; or a container on one, whose hop limit ends the way.
            return .absent(
                "nothing answers at \(error.origin), or a hop limit of 1 keeps containers from it")
        }
        guard answer.response.isSuccess else {
            return .absent("it gives no token: status \(answer.response.status)")
        }
        let token = Sensitive(String(decoding: answer.body, as: UTF8.self))
        guard let role = try await get(endpoint + Self.path, token) else {
            return .absent("the machine has no role")
        }
        let name = String(decoding: role.prefix { $0 > 0x20 }, as: UTF8.self)
        guard !name.isEmpty, !name.contains("/"), !name.contains("?"),
            let document = try await get(endpoint + Self.path + name, token)
        else { throw failure("the machine's role has no credentials") }
        do {
            return .found(try CredentialsDocument(document, session: "Token").credentials)
        } catch {
            throw failure(error.reason)
        }
    }

    /// `nil` where there is nothing at the URL.
    private func get(_ url: String, _ token: Sensitive<String>) async throws -> [UInt8]? {
        var headers = HTTPHeaders()
        headers.add("X-aws-ec2-metadata-token", token)
        do {
            let (response, body) = try await service.ask(.get, url, headers: headers, attempts: 4)
            if response.status == 404 { return nil }
            guard response.isSuccess else { throw failure("status \(response.status)") }
            return body
        } catch let error as HTTPError {
            throw failure("\(error)")
        }
    }

    private func endpoint() throws -> String {
        guard let url = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] else {
            let isIPv6 =
                environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.lowercased() == "ipv6"
            return isIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
        }
        guard ServiceEndpoint(url) != nil else {
            throw failure("AWS_EC2_METADATA_SERVICE_ENDPOINT is no http or https URL")
        }
        return url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    private func failure(_ reason: String) -> CredentialsError {
        .failed(name, reason)
    }
}
