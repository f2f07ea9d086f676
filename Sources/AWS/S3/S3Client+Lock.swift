internal import Vocabulary

extension S3Client {
    /// Of an object, and of its bucket.
    private static let sayNothingIsKept = [
        "NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError",
    ]

    /// Until when a version is kept; `nil` when nothing keeps it.
    public func retention(of key: String, version: String? = nil) async throws -> S3Retention? {
        try checkKey(key)
        let query = [.init("retention")] + Self.query(version)
        do {
            let root = try await answer(to: S3Call("GET", key, query: query), "Retention")
            guard let mode = root["Mode"]?.text, let until = root["RetainUntilDate"]?.text else {
                return nil
            }
            guard let retention = S3Retention(mode: mode, until: until) else {
                throw place(S3Error(.malformed, "the retention cannot be read"), key)
            }
            return retention
        } catch let error as S3Error where Self.sayNothingIsKept.contains(error.code) {
            return nil
        }
    }

    /// Keeps a version until a time. It can be made longer; shorter only with governance mode,
    /// and by who may bypass it.
    public func retain(
        _ key: String, version: String? = nil, _ retention: S3Retention,
        bypassingGovernance: Bool = false
    ) async throws {
        try checkKey(key)
        let xml =
            "<Retention><Mode>\(retention.mode.rawValue)</Mode>"
            + "<RetainUntilDate>\(retention.until)</RetainUntilDate></Retention>"
        _ = try await perform(
            xmlCall(
                "PUT", key, "retention", xml, query: Self.query(version),
                headers: [Self.bypass(bypassingGovernance)]))
    }

    /// Whether a version is kept until somebody says otherwise.
    public func hasLegalHold(_ key: String, version: String? = nil) async throws -> Bool {
        try checkKey(key)
        let query = [.init("legal-hold")] + Self.query(version)
        do {
            let root = try await answer(to: S3Call("GET", key, query: query), "LegalHold")
            return root["Status"]?.text == "ON"
        } catch let error as S3Error where Self.sayNothingIsKept.contains(error.code) {
            return false
        }
    }

    public func setLegalHold(
        _ isHeld: Bool, of key: String, version: String? = nil
    ) async throws {
        try checkKey(key)
        let xml = "<LegalHold><Status>\(isHeld ? "ON" : "OFF")</Status></LegalHold>"
        _ = try await perform(
            xmlCall("PUT", key, "legal-hold", xml, query: Self.query(version)))
    }
}
