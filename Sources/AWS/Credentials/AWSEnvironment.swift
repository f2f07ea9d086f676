internal import Glibc

/// The variables and the home directory by which the AWS tools are told what to do. None of it
/// is shown: a secret key may be among them.
public struct AWSEnvironment: Sendable {
    private let lookUp: @Sendable (String) -> String?

    /// This process's own.
    public static let current = AWSEnvironment { name in
        getenv(name).map { String(cString: $0) }
    }

    public init(_ variables: [String: String]) {
        self.init { variables[$0] }
    }

    private init(_ lookUp: @escaping @Sendable (String) -> String?) {
        self.lookUp = lookUp
    }

    /// A variable that is set to something: the AWS tools take an empty one as not set.
    public subscript(name: String) -> String? {
        lookUp(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A file of the user's AWS configuration, `~/.aws/NAME` unless the variable names another.
    func file(_ name: String, variable: String) -> String? {
        if let path = self[variable] { return expanded(path) }
        return self["HOME"].map { "\($0)/.aws/\(name)" }
    }

    private func expanded(_ path: String) -> String {
        guard path.hasPrefix("~/"), let home = self["HOME"] else { return path }
        return home + path.dropFirst()
    }

    /// The region that the variables name.
    public var region: String? { self["AWS_REGION"] ?? self["AWS_DEFAULT_REGION"] }

    /// The profile that the variables name, or `default`.
    public var profile: String { self["AWS_PROFILE"] ?? self["AWS_DEFAULT_PROFILE"] ?? "default" }

    /// Where a service is, if not at AWS's own address: `AWS_ENDPOINT_URL_S3`, else
    /// `AWS_ENDPOINT_URL`.
    public func endpoint(of service: String) -> String? {
        guard self["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() != "true" else {
            return nil
        }
        return self["AWS_ENDPOINT_URL_\(service.uppercased())"] ?? self["AWS_ENDPOINT_URL"]
    }
}

extension AWSEnvironment: CustomStringConvertible, CustomReflectable {
    public var description: String { "AWSEnvironment" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
