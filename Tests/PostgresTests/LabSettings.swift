import Lab
import Postgres

extension PostgresLab {
    /// To the superuser's database by TCP.
    func settings(_ change: (inout PostgresSettings) -> Void = { _ in }) -> PostgresSettings {
        var settings = PostgresSettings(
            host: "127.0.0.1", port: port, database: "postgres", user: Self.superuser)
        change(&settings)
        return settings
    }
}
