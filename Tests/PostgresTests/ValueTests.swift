import Lab
import LabTraits
import Postgres
import Testing
import Vocabulary

@Suite(.postgres, .timeLimit(.minutes(2))) struct ValueTests {
    @Test func `What is sent as a parameter comes back as it was`() async throws {
        var random = SeededGenerator(seed: 4)
        try await withSession { connection in
            for _ in 0..<(Slice.isLong ? 5000 : 300) {
                let text = Arbitrary.text(using: &random)
                let bytes = Arbitrary.bytes(using: &random)
                let integer = Arbitrary.integer(using: &random)
                let small = Int32(truncatingIfNeeded: integer)
                let double = Arbitrary.double(using: &random)
                let flag = Bool.random(using: &random)
                let time = Timestamp(
                    seconds: Int.random(in: -60_000_000_000...200_000_000_000, using: &random))
                let row = try await connection.query(
                    """
                    select $1::text as text, $2 as bytes, $3 as integer, $4 as small,
                        $5 as double, $6 as flag, $7 as time, $8::text as nothing
                    """,
                    [
                        .text(text), .bytes(bytes), .integer(integer), .integer32(small),
                        .double(double), .boolean(flag), .timestamp(time), nil,
                    ]
                ).one()
                #expect(try row.decode("text") == text)
                #expect(try row.decode("bytes") == bytes)
                #expect(try row.decode("integer") == integer)
                #expect(try row.decode("small") == small)
                #expect(try row.decode("double", as: Double.self).bitPattern == double.bitPattern)
                #expect(try row.decode("flag") == flag)
                if time.seconds > -62_135_596_800 {
                    #expect(try row.decode("time") == time)
                }
                #expect(try row.decode("nothing") == String?.none)
            }
        }
    }

    @Test func `Bytes are read in both of the server's notations`() async throws {
        let bytes = (0...255).map { UInt8($0) }
        try await withSession { connection in
            for notation in ["hex", "escape"] {
                try await connection.execute("set bytea_output = \(notation)")
                let value: [UInt8] = try await connection.query("select $1", [.bytes(bytes)])
                    .value()
                #expect(value == bytes)
            }
            let empty: [UInt8]? = try await connection.query("select $1", [.bytes([])]).value()
            #expect(empty == [])
        }
    }

    @Test func `A parameter without a type takes what the statement needs`() async throws {
        try await withSession { connection in
            let row = try await connection.query(
                """
                select $1::jsonb ->> 'a' as json, $2::uuid::text as uuid, $3::date + 1 = '2026-03-01' as date,
                    $4::int[] as list, pg_typeof($5)::text as type
                """,
                [
                    #"{"a": "b"}"#, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "2026-02-28", "{1,2,3}",
                    .typed("12.50", .numeric),
                ]
            ).one()
            #expect(try row.decode("json") == "b")
            #expect(try row.decode("uuid") == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")
            #expect(try row.decode("date") == true)
            #expect(try row.decode("list") == "{1,2,3}")
            #expect(try row.decode("type") == "numeric")
        }
    }

    @Test func `Numbers are read as any Swift type that holds them`() async throws {
        try await withSession { connection in
            let row = try await connection.query(
                """
                select 7::smallint as small, 70000 as medium, 9223372036854775807 as large,
                    4294967295::oid as number, sum(x)::numeric as sum, 1.5::numeric as half,
                    'NaN'::float8 as nan, '-Infinity'::float4 as low
                from generate_series(1, 3) x
                """
            ).one()
            #expect(try row.decode("small", as: Int16.self) == 7)
            #expect(try row.decode("medium", as: Int.self) == 70_000)
            #expect(try row.decode("large", as: Int64.self) == .max)
            #expect(try row.decode("number", as: UInt32.self) == .max)
            #expect(try row.decode("sum", as: Int.self) == 6)
            #expect(try row.decode("half", as: Double.self) == 1.5)
            #expect(try row.decode("nan", as: Double.self).isNaN)
            #expect(try row.decode("low", as: Double.self) == -.infinity)
        }
    }

    @Test func `A value that is asked for as what it is not says which, and not what`() async throws
    {
        try await withSession { connection in
            let row = try await connection.query(
                "select 'hush'::text as secret, 70000 as number, null::int as nothing, 1 as x, 2 as x"
            ).one()
            func complaint(_ body: () throws -> Void) -> String {
                do {
                    try body()
                    return "none"
                } catch {
                    #expect((error as? PostgresError)?.kind == .decoding)
                    return "\(error)"
                }
            }
            #expect(
                complaint { _ = try row.decode("secret", as: Int.self) }
                    == "column `secret` of type text is no Int")
            #expect(
                complaint { _ = try row.decode("number", as: Int16.self) }
                    == "column `number` of type integer is no Int16")
            #expect(
                complaint { _ = try row.decode("number", as: Bool?.self) }
                    == "column `number` of type integer is no Optional<Bool>")
            #expect(
                complaint { _ = try row.decode("nothing", as: Int.self) }
                    == "column `nothing` of type integer is NULL, which Int cannot be")
            #expect(
                complaint { _ = try row.decode("x", as: Int.self) }
                    == "several columns have the name `x`")
            #expect(
                complaint { _ = try row.decode("Number", as: Int.self) }.hasPrefix(
                    "there is no column `Number` among"))
            #expect(
                complaint { _ = try row.decode(at: 9, as: Int.self) }
                    == "there is no column 9 among 5")
            let none = try await connection.query("select 1 where false")
            #expect(complaint { _ = try none.one() } == "0 rows where there should be one")
        }
    }

    @Test(arguments: ["UTC", "Asia/Kathmandu", "America/St_Johns", "Europe/Amsterdam"])
    func `A time is the same wherever the session is`(_ zone: String) async throws {
        try await withSession { connection in
            try await connection.execute("set TimeZone = '\(zone)'")
            for text in ["2026-11-24T14:03:12Z", "1883-01-01T00:00:00Z", "2000-02-29T23:59:59Z"] {
                let time = try #require(Timestamp(text))
                let back: Timestamp = try await connection.query("select $1", [.timestamp(time)])
                    .value()
                #expect(back == time)
            }
            let fraction: Timestamp = try await connection.query(
                "select '2026-11-24 14:03:12.987654+00'::timestamptz"
            ).value()
            #expect(fraction == Timestamp("2026-11-24T14:03:12Z"))
            let endless = try await postgresError {
                _ = try await connection.query("select 'infinity'::timestamptz").value(
                    as: Timestamp.self)
            }
            #expect(endless.kind == .decoding)
        }
    }

    @Test func `A field of many megabytes goes both ways`() async throws {
        // A gigabyte less what the server needs beside it is the most that there is.
        let size = Slice.isLong ? 500 << 20 : 24 << 20
        try await withSession { connection in
            let bytes = [UInt8](repeating: 0xAB, count: size)
            let length: Int = try await connection.query("select length($1)", [.bytes(bytes)])
                .value()
            #expect(length == size)
            let text: String = try await connection.query(
                "select repeat('é', $1::int)", [.integer32(Int32(size / 2))]
            ).value()
            #expect(text.utf8.count == size)
        }
    }

    @Test func `A field over the server's limit is its error, and the connection goes on`()
        async throws
    {
        try await withSession { connection in
            let error = try await postgresError {
                _ = try await connection.query("select repeat('x', 1100000000)")
            }
            #expect(error.sqlState == .programLimitExceeded)
            #expect(try await connection.query("select 1").value() == 1)
        }
    }
}
