import Backup
import Glibc
import Lab
import LabTraits
import Loop
import RepositoryConformance
import Testing
import Vocabulary

/// Against dumps that PostgreSQL's own pg_dump writes.
@Suite(.postgres) struct DumpReaderTests {
    private static let schema = """
        create table public.plain (id bigint primary key, note text);
        insert into plain select i, repeat(md5(i::text), i % 40) from generate_series(1, 800) i;
        insert into plain values (-1, null), (-2, ''), (-3, E'\\\\.'), (-4, E'a\\nb\\\\.\\n\\tc'), (-5, E'\\\\N');
        create table lines (t text);
        insert into lines values (''), (''), (E'\\\\.'), (E'\\n'), ('.');
        create table empty (a int);
        create table none ();
        insert into none default values;
        insert into none default values;
        create schema "we ""quote"" it";
        create table "we ""quote"" it"."übung tab" (a int, b bytea);
        insert into "we ""quote"" it"."übung tab"
          select i, decode(repeat('00ff5c0a', 500), 'hex') from generate_series(1, 300) i;
        create table part (k int, v text) partition by list (k);
        create table part_1 partition of part for values in (1);
        create table part_2 partition of part for values in (2);
        insert into part select 1 + i % 2, 'v' || i from generate_series(1, 999) i;
        create view seen as select count(*) from plain;
        create materialized view made as select count(*) from plain;
        create sequence counter;
        create function f() returns int language sql as $$ select 1 $$;
        select lo_from_bytea(0, decode(repeat('0011', 40000), 'hex'));
        select lo_from_bytea(0, ''), lo_from_bytea(4242, 'x');
        """

    private func lab<Value>(
        _ name: String, _ body: (PostgresLab, [String]) async throws -> Value
    ) async throws -> Value {
        let server = try await PostgresLab.shared()
        let login = ["-h", "127.0.0.1", "-p", "\(server.port)", "-U", PostgresLab.superuser]
        let made = try await ChildProcess.collect(
            Command("\(PostgresLab.programs)/createdb", login + [name]))
        try #require(made.exit.isSuccess, "\(made.errorText)")
        let value = try await body(server, login)
        _ = try await ChildProcess.collect(
            Command("\(PostgresLab.programs)/dropdb", login + ["--force", name]))
        return value
    }

    private func psql(_ login: [String], _ name: String, _ sql: String) async throws -> [UInt8] {
        let result = try await ChildProcess.collect(
            Command(
                "\(PostgresLab.programs)/psql",
                login + ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", name]),
            input: Array(sql.utf8))
        try #require(result.exit.isSuccess, "\(result.errorText)")
        return result.output
    }

    private func dump(
        _ login: [String], _ name: String, _ more: [String] = []
    ) async throws -> [UInt8] {
        let result = try await ChildProcess.collect(
            Command("\(PostgresLab.programs)/pg_dump", login + ["-Fc", "-Z0"] + more + [name]))
        try #require(result.exit.isSuccess, "\(result.errorText)")
        return result.output
    }

    private func read(_ bytes: [UInt8], in size: Int = 65_536) throws -> DumpReader {
        var reader = DumpReader()
        for start in stride(from: 0, to: bytes.count, by: size) {
            try reader.add(Array(bytes[start..<min(bytes.count, start + size)]))
        }
        try reader.finish()
        return reader
    }

    @Test func `rows and checksums are those that the server's COPY has`() async throws {
        try await lab("rows") { _, login in
            _ = try await psql(login, "rows", Self.schema)
            let bytes = try await dump(login, "rows")
            let reader = try read(bytes)
            #expect(reader.header?.database == "rows")
            #expect(reader.header?.serverVersion.hasPrefix("15.") == true)
            let counts = Dictionary(
                uniqueKeysWithValues: reader.tables.map { ($0.entry.name, $0.rows.count) })
            #expect(
                counts == [
                    "public.plain": 805, "public.lines": 5, "public.empty": 0, "public.none": 2,
                    "we \"quote\" it.übung tab": 300, "public.part_1": 499, "public.part_2": 500,
                ])
            for (entry, rows) in reader.tables where entry.tag != "none" {
                let copied = try await psql(
                    login, "rows",
                    """
                    copy (select * from \
                    "\((entry.namespace ?? "").replacing("\"", with: "\"\""))"."\(entry.tag)" \
                    order by 1 desc) to stdout;
                    """)
                var summer = RowSummer()
                summer.add(copied)
                #expect(summer.isComplete)
                #expect(summer.rows == rows, "\(entry.name)")
            }
            // A row that differs in one letter is seen.
            _ = try await psql(login, "rows", "update part set v = 'v8' where v = 'v7' and k = 2;")
            let changed = try read(try await dump(login, "rows"))
            let differing = zip(reader.tables, changed.tables).filter { $0.rows != $1.rows }
            #expect(differing.map(\.0.entry.name) == ["public.part_2"])
        }
    }

    @Test func `the table of contents is pg_restore's`() async throws {
        try await lab("toc") { _, login in
            _ = try await psql(login, "toc", Self.schema)
            let bytes = try await dump(login, "toc")
            let listing = try await ChildProcess.collect(
                Command("\(PostgresLab.programs)/pg_restore", ["--list"]), input: bytes)
            let theirs = listing.outputText.split(separator: "\n").filter { !$0.hasPrefix(";") }
                .map { String($0.prefix { $0 != ";" }) }
            let reader = try read(bytes)
            // Theirs leaves out what is set on every connection, and the database itself.
            let ours = reader.entries.filter {
                !["ENCODING", "STDSTRINGS", "SEARCHPATH", "DATABASE"].contains($0.kind)
            }
            #expect(ours.map { "\($0.id)" } == theirs)
            let table = try #require(
                reader.entries.first { $0.kind == "TABLE" && $0.tag == "plain" })
            let data = try #require(
                reader.entries.first { $0.kind == "TABLE DATA" && $0.tag == "plain" })
            #expect(data.dependencies == [table.id])
            #expect(data.isCopied && data.hasData && !table.hasData)
        }
    }

    @Test func `large objects are counted`() async throws {
        try await lab("objects") { _, login in
            _ = try await psql(login, "objects", Self.schema)
            let reader = try read(try await dump(login, "objects"))
            let blobs = try #require(reader.entries.first { $0.kind == "BLOBS" })
            let rows = try #require(reader.rows[blobs.id])
            #expect(rows.count == 3)
            _ = try await psql(login, "objects", "select lo_put(4242, 0, 'y');")
            let changed = try read(try await dump(login, "objects"))
            #expect(changed.rows[blobs.id] != rows && changed.rows[blobs.id]?.count == 3)
        }
    }

    @Test func `it does not matter how the bytes come`() async throws {
        try await lab("pieces") { _, login in
            _ = try await psql(login, "pieces", "\(Self.schema) delete from plain where id > 60;")
            let bytes = try await dump(login, "pieces")
            let whole = try read(bytes, in: bytes.count)
            for size in [1, 2, 3, 7, 64, 4096] {
                let reader = try read(bytes, in: size)
                #expect(reader.rows == whole.rows, "\(size)")
                #expect(reader.entries == whole.entries)
            }
        }
    }

    @Test func `a dump of a part, of a schema and of an empty database is whole`() async throws {
        try await lab("parts") { _, login in
            #expect(try read(try await dump(login, "parts")).tables.isEmpty)
            _ = try await psql(login, "parts", Self.schema)
            let one = try read(
                try await dump(login, "parts", ["--data-only", "-t", "public.plain"]))
            #expect(one.tables.map(\.entry.name) == ["public.plain"])
            let schema = try read(try await dump(login, "parts", ["--section=pre-data"]))
            #expect(schema.tables.isEmpty && schema.entries.count > 20)
        }
    }

    @Test func `what is cut off or no such dump is refused`() async throws {
        try await lab("cuts") { _, login in
            _ = try await psql(login, "cuts", Self.schema)
            let bytes = try await dump(login, "cuts")
            var random = SeededGenerator(seed: 6)
            let cuts =
                Array(0..<12) + (1...12).map { bytes.count - $0 }
                + (0..<(Slice.isLong ? 4000 : 60)).map { _ in
                    Int.random(in: 0..<bytes.count, using: &random)
                }
            for cut in cuts {
                #expect(throws: DumpError.self, "cut at \(cut)") {
                    try read(Array(bytes.prefix(cut)))
                }
            }
            #expect(throws: DumpError.foreign) { try read(Array("hello, world".utf8)) }
            #expect(throws: DumpError.compressed) {
                try read(try blockingResult(bytes, at: 11, to: 1))
            }
            #expect(throws: DumpError.unsupported(version: "1.16")) {
                try read(try blockingResult(bytes, at: 6, to: 16))
            }
            let inserts = try await dump(login, "cuts", ["--inserts", "-t", "public.plain"])
            #expect(throws: DumpError.notCopied("public.plain")) { try read(inserts) }
        }
    }

    private func blockingResult(_ bytes: [UInt8], at place: Int, to value: UInt8) throws -> [UInt8]
    {
        var bytes = bytes
        // The compression is a number: its sign stands before it.
        bytes[place == 11 ? 12 : place] = value
        return bytes
    }

    @Test func `damage is refused or read, and never the end of the reader`() async throws {
        try await lab("damage") { _, login in
            _ = try await psql(login, "damage", "\(Self.schema) delete from plain where id > 60;")
            let original = try await dump(login, "damage")
            var random = SeededGenerator(seed: 9)
            let count = Slice.isLong ? 20_000 : 300
            var refused = 0
            for round in 0..<count {
                var bytes = original
                // Most of it is rows, in which anything may stand.
                let places = round % 2 == 0 ? 0..<min(bytes.count, 12_000) : bytes.indices
                for _ in 0..<Int.random(in: 1...5, using: &random) {
                    bytes[Int.random(in: places, using: &random)] =
                        UInt8.random(in: 0...255, using: &random)
                }
                do throws(any Error) {
                    _ = try read(bytes)
                } catch is DumpError {
                    refused += 1
                } catch {
                    Issue.record("\(error)")
                }
            }
            print("dump reader: \(count) damaged dumps, of which \(refused) were refused")
        }
    }
}

@Suite struct RowSummerTests {
    /// Rows of so many bytes altogether, in pieces.
    private func sum(_ text: String, _ size: Int, isMarked: Bool = false) -> RowSummer {
        var summer = RowSummer(isMarked: isMarked)
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            summer.add(Array(bytes[start..<min(bytes.count, start + size)]))
        }
        return summer
    }

    @Test func `the hash of a row is XXH64`() {
        // From the reference implementation.
        for (text, hash) in [
            ("", "ef46db3751d8e999"), ("a", "d24ec4f1a98c6e5b"), ("abc", "44bc2cf5ad770999"),
            ("The quick brown fox jumps over the lazy dog", "0b242d361fda71bc"),
        ] {
            for size in [1, 3, 31, 32, 33, 99] {
                let rows = sum("\(text)\n", size).rows
                #expect(rows.count == 1)
                #expect(rows.checksum.hasPrefix(hash), "\(text)")
            }
        }
    }

    @Test func `neither order nor pieces matter, but every row does`() throws {
        var random = SeededGenerator(seed: 2)
        var lines = (0..<300).map { "\($0)\t" + String(repeating: "x", count: $0 % 90) + "\n" }
        let whole = sum(lines.joined(), 1 << 20)
        for size in [1, 7, 32, 100] {
            lines.shuffle(using: &random)
            #expect(sum(lines.joined(), size).rows == whole.rows)
        }
        let (left, right) = (sum(lines[..<100].joined(), 50), sum(lines[100...].joined(), 50))
        #expect(left.rows + right.rows == whole.rows)
        let parsed = try #require(
            RowSummary(count: whole.rows.count, checksum: whole.rows.checksum))
        #expect(parsed == whole.rows)
        #expect(sum(lines.dropLast().joined(), 9).rows != whole.rows)
        // Two equal rows are not none, as they would be for XOR.
        #expect(sum("a\na\n", 9).rows.checksum != sum("", 9).rows.checksum)
        #expect(!sum("a\nb", 9).isComplete)
    }

    @Test func `the mark of the end is no row, and nothing comes behind it`() {
        for size in [1, 2, 3, 9] {
            let rows = sum("a\n\n\\.\n\n\n", size, isMarked: true)
            #expect(rows.rows.count == 2 && rows.isComplete)
            #expect(!sum("a\n\n", size, isMarked: true).isComplete)
            #expect(!sum("a\n\\.\nb\n", size, isMarked: true).isComplete)
            #expect(!sum("a\n\\.", size, isMarked: true).isComplete)
            #expect(sum("\\\\.\n\\.\n", size, isMarked: true).rows.count == 1)
            #expect(sum("\\.\n", size).rows.count == 1)
        }
    }

    @Test func `a row of a gigabyte takes no memory`() {
        let size = Slice.isLong ? 1 << 30 : 64 << 20
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        var summer = RowSummer()
        for _ in 0..<(size >> 20) { summer.add(piece) }
        summer.add([0x0A])
        #expect(summer.rows.count == 1 && summer.isComplete)
    }
}
