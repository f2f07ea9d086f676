internal import CLibPQ
internal import Glibc

extension PostgresSettings {
    /// Where one attempt goes.
    struct Endpoint: Hashable, Sendable {
        var host: String?
        /// Numeric: with it libpq looks up no name.
        var address: String?
        var port: String

        /// As messages name it.
        var text: String {
            guard let host, host != address else { return "\(address ?? "local"):\(port)" }
            return address.map { "\(host):\(port) (\($0))" } ?? "\(host):\(port)"
        }
    }

    /// Begins to connect. It reads `~/.pgpass` and the service file: to be called where files
    /// may be read.
    ///
    /// - Returns: A connection of libpq's, which the caller owns; `nil` without memory.
    func start(_ endpoint: Endpoint, role: String?) -> OpaquePointer? {
        var all = keywords
        // Of several hosts this is one.
        all["host"] = endpoint.host
        all["hostaddr"] = endpoint.address
        all["port"] = endpoint.port
        if let role { all["target_session_attrs"] = role }
        return start(all)
    }

    /// A connection that is never made and only tells what libpq gathers from everywhere.
    func probe() -> OpaquePointer? {
        var all = keywords
        // The last thing that libpq checks before it would connect.
        all["target_session_attrs"] = Self.noRole
        return start(all)
    }

    /// No such role: libpq's refusal names it.
    static let noRole = "probe-only"

    private func start(_ keywords: [String: String]) -> OpaquePointer? {
        var all = Self.defaults.merging(keywords) { $1 }
        all["client_encoding"] = "UTF8"
        var names = all.keys.map { strdup($0) }
        var values = all.values.map { strdup($0) }
        for (name, secret) in [("password", password), ("sslpassword", keyPassphrase)] {
            guard let secret else { continue }
            names.append(strdup(name))
            values.append(secret.withExposed { strdup($0) })
        }
        defer {
            for name in names { free(name) }
            for value in values {
                guard let value else { continue }
                explicit_bzero(value, strlen(value))
                free(value)
            }
        }
        let keys = names.map { UnsafePointer($0) } + [nil]
        return PQconnectStartParams(keys, values.map { UnsafePointer($0) } + [nil], 0)
    }

    /// A peer that is gone without a word is noticed within a minute. GSS would ask its key
    /// server in a blocking way.
    private static let defaults = [
        "fallback_application_name": "finflowctl", "gssencmode": "disable",
        "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3",
        "tcp_user_timeout": "30000",
    ]
}
