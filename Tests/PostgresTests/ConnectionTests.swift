import Glibc
import Lab
import LabTraits
import Postgres
import Testing
import Vocabulary

@Suite(.postgres, .timeLimit(.minutes(1))) struct ConnectionTests {
    @Test func `A query over TCP gives its row`() async throws {
        let answer = try await withSession { connection in
            try await connection.query("select 1 as one").one().decode("one", as: Int.self)
        }
        #expect(answer == 1)
    }

    @Test func `A UNIX socket is named by its directory`() async throws {
        let lab = try await PostgresLab.shared()
        let settings = lab.settings { $0.host = lab.folder }
        try await PostgresConnection.withConnection(settings) { connection in
            let address = try await connection.query("select inet_client_addr()::text")
            #expect(try address.value(as: String?.self) == nil)
            #expect(connection.server == "\(lab.folder):\(lab.port)")
        }
    }

    @Test func `A URI says where to connect to`() async throws {
        let lab = try await PostgresLab.shared()
        let settings = try PostgresSettings(
            "postgresql://postgres@127.0.0.1:\(lab.port)/template1?application_name=by%20URI")
        let row = try await PostgresConnection.withConnection(settings) { connection in
            try await connection.query(
                "select current_database()::text, current_setting('application_name')"
            ).one()
        }
        #expect(try row.decode(at: 0) == "template1")
        #expect(try row.decode(at: 1) == "by URI")
    }

    @Test func `A connection string may quote its values`() async throws {
        let lab = try await PostgresLab.shared()
        let settings = try PostgresSettings(
            "host=127.0.0.1 port=\(lab.port) user=postgres dbname = 'postgres' "
                + "password='it\\'s \\'hard\\''")
        #expect(settings.database == "postgres")
        #expect(settings.password?.withExposed { $0 } == "it's 'hard'")
        try await PostgresConnection.withConnection(settings) { connection in
            try await connection.execute("select 1")
        }
    }

    @Test func `The first of several hosts that takes the session gets it`() async throws {
        let lab = try await PostgresLab.shared()
        let settings = try PostgresSettings(
            "host=127.0.0.1,\(lab.folder),127.0.0.1 port=1,\(lab.port),\(lab.port) user=postgres "
                + "dbname=postgres")
        try await PostgresConnection.withConnection(settings) { connection in
            #expect(connection.server == "\(lab.folder):\(lab.port)")
        }
    }

    @Test func `Each address of a name is tried`() async throws {
        let lab = try await PostgresLab.shared()
        // On many machines ::1 comes first, where nothing listens.
        let settings = lab.settings { $0.host = "localhost" }
        try await PostgresConnection.withConnection(settings) { connection in
            #expect(connection.server == "localhost:\(lab.port) (127.0.0.1)")
        }
    }

    @Test func `A standby is preferred wherever it stands in the list`() async throws {
        let lab = try await PostgresLab.shared()
        var settings = try PostgresSettings(
            "host=127.0.0.1,127.0.0.1 port=1,\(lab.port) user=postgres dbname=postgres")
        settings["target_session_attrs"] = "prefer-standby"
        try await PostgresConnection.withConnection(settings) { connection in
            #expect(await connection.isOpen)
        }
        settings["target_session_attrs"] = "standby"
        let error = try await postgresError {
            _ = try await PostgresConnection.connect(settings)
        }
        #expect(error.failure == .wrongRole)
    }

    @Test func `A session knows server, version, process and encoding`() async throws {
        try await withSession { connection in
            let version = try await connection.serverVersion
            #expect(version.major == 15)
            #expect(version.description.hasPrefix("15."))
            let process = try await connection.query("select pg_backend_pid()")
            #expect(try await connection.backendID == process.value())
            #expect(try await connection.reported("client_encoding") == "UTF8")
            #expect(try await connection.isEncrypted == false)
        }
    }

    @Test func `The server sees finflowctl, unless the settings name another program`() async throws
    {
        let sql = "select current_setting('application_name')"
        let byDefault: String = try await withSession { try await $0.query(sql).value() }
        #expect(byDefault == "finflowctl")
        let byName: String = try await withSession {
            $0.applicationName = "drill"
        } _: {
            try await $0.query(sql).value()
        }
        #expect(byName == "drill")
    }

    @Test func `A closed connection says so, to those too who wait`() async throws {
        let lab = try await PostgresLab.shared()
        let connection = try await PostgresConnection.connect(lab.settings())
        async let slow = postgresError { _ = try await connection.query("select pg_sleep(600)") }
        async let waiting = postgresError { _ = try await connection.query("select 1") }
        try await withSession { other in
            try await eventually {
                let process = try await connection.backendID
                return try await other.query(
                    "select state = 'active' from pg_stat_activity where pid = $1",
                    [.integer32(process)]
                ).value()
            }
        }
        await connection.close()
        #expect(try await slow.failure == .closed)
        #expect(try await waiting.failure == .closed)
        let later = try await postgresError { _ = try await connection.query("select 1") }
        #expect(later.failure == .closed)
        #expect(await connection.isOpen == false)
    }

    @Test func `Notices are kept until they are asked for, the last 256 of them`() async throws {
        try await withSession { connection in
            try await connection.runScript(
                """
                do $$ begin
                    raise warning 'mind the gap' using hint = 'step over it';
                end $$
                """)
            let notices = await connection.takeNotices()
            #expect(notices.map(\.message) == ["mind the gap"])
            #expect(notices.first?.severity == .warning)
            #expect(notices.first?.hint == "step over it")
            #expect(await connection.takeNotices().isEmpty)
            try await connection.runScript(
                "do $$ begin for i in 1..1000 loop raise notice '%', i; end loop; end $$")
            #expect(await connection.takeNotices().map(\.message).first == "745")
        }
    }
}

/// In processes of their own, because libpq reads the environment of this one.
@Suite(.postgres, .timeLimit(.minutes(1))) struct EnvironmentTests {
    @Test func `A service file says where to connect to`() async throws {
        let lab = try await PostgresLab.shared()
        let port = Int(lab.port)
        try await withDirectory { folder in
            try LocalSSHD.write(
                """
                [ledger]
                host=127.0.0.1
                port=\(port)
                user=postgres
                dbname=template1

                """, to: "\(folder)/services")
            await #expect(processExitsWith: .success) {
                [folder = folder as String, port = port as Int] in
                setenv("PGSERVICEFILE", "\(folder)/services", 1)
                setenv("PGHOST", "other.invalid", 1)
                let settings = try PostgresSettings("service=ledger")
                try await PostgresConnection.withConnection(settings) { connection in
                    let database = try await connection.query("select current_database()::text")
                    #expect(try database.value() == "template1")
                    #expect(connection.server == "127.0.0.1:\(port)")
                }
                let unknown = try await postgresError {
                    _ = try await PostgresConnection.connect(PostgresSettings("service=other"))
                }
                #expect(unknown.kind == .settings)
            }
        }
    }

    @Test func `What no setting says is taken from the environment`() async throws {
        let lab = try await PostgresLab.shared()
        await #expect(processExitsWith: .success) { [port = Int(lab.port) as Int] in
            setenv("PGHOST", "127.0.0.1", 1)
            setenv("PGPORT", "\(port)", 1)
            setenv("PGUSER", "postgres", 1)
            setenv("PGDATABASE", "template1", 1)
            try await PostgresConnection.withConnection(PostgresSettings()) { connection in
                let database = try await connection.query("select current_database()::text")
                #expect(try database.value() == "template1")
            }
        }
    }
}
