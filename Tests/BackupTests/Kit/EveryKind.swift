/// A schema with objects of every kind that pg_dump knows of, and rows in it.
enum EveryKind {
    static let roles = """
        DO $$ BEGIN
            CREATE ROLE kind_owner NOLOGIN; CREATE ROLE "kind reader" NOLOGIN;
            GRANT kind_owner TO "kind reader";
        EXCEPTION WHEN duplicate_object THEN NULL; END $$
        """

    /// - Parameter database: its quoted name, for what is set for the database.
    static func script(_ database: String) -> String {
        """
        ALTER DATABASE \(database) SET search_path TO public, ledger;
        ALTER DATABASE \(database) SET timezone TO 'Asia/Tokyo';
        ALTER DATABASE \(database) CONNECTION LIMIT 40;
        ALTER ROLE kind_owner IN DATABASE \(database) SET work_mem TO '9MB';
        COMMENT ON DATABASE \(database) IS 'DATABASE \(database.replacing("'", with: "''")); it''s';
        REVOKE CONNECT ON DATABASE \(database) FROM PUBLIC;
        GRANT CONNECT ON DATABASE \(database) TO "kind reader";

        CREATE EXTENSION pgcrypto;
        CREATE SCHEMA ledger AUTHORIZATION kind_owner;
        CREATE SCHEMA "odd; schema";
        CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s; fine');
        CREATE TYPE pair AS (a int, b text);
        CREATE DOMAIN positive AS int CHECK (VALUE > 0);
        CREATE TYPE span AS RANGE (subtype = float8);
        CREATE COLLATION plain (provider = libc, locale = 'C');
        CREATE SEQUENCE standalone START 7 INCREMENT 3;
        SELECT nextval('standalone'), nextval('standalone');

        CREATE TABLE payment (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            amount numeric(12, 2) NOT NULL CHECK (amount > 0),
            taken timestamptz NOT NULL DEFAULT now(),
            fee numeric GENERATED ALWAYS AS (amount * 0.01) STORED,
            note text COLLATE plain, feeling mood, twin pair, size positive, during span,
            raw bytea, document jsonb, lost int
        );
        ALTER TABLE payment DROP COLUMN lost;
        COMMENT ON COLUMN payment.note IS 'tab\tand; semicolon';
        INSERT INTO payment (amount, taken, note, feeling, twin, size, during, raw, document)
        SELECT n * 1.5, '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 hour',
            CASE WHEN n % 7 = 0 THEN NULL ELSE 'note ' || n || E'\\t\\\\ \\n' || repeat('x', n % 50) END,
            'ok', ROW(n, 'b'::text)::pair, n, span(n, n + 1.5), decode(md5(n::text), 'hex'),
            jsonb_build_object('n', n)
        FROM generate_series(1, 5000) n;
        CREATE TABLE "odd; schema"."Table ""quoted"" x" ("col; one" serial, "sel ect" text DEFAULT 'a''b');
        INSERT INTO "odd; schema"."Table ""quoted"" x" ("sel ect") VALUES ('x'), (NULL), (E'\\\\.');
        CREATE TABLE empty (id int PRIMARY KEY);
        CREATE UNLOGGED TABLE fleeting (v int);
        INSERT INTO fleeting VALUES (1);

        CREATE TABLE event (day date NOT NULL, v int) PARTITION BY RANGE (day);
        CREATE TABLE event_2025 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        CREATE TABLE event_rest PARTITION OF event DEFAULT;
        INSERT INTO event SELECT '2025-06-01'::date + n, n FROM generate_series(1, 400) n;
        CREATE INDEX ON event (v);
        CREATE TABLE parent (a int); CREATE TABLE child (b int) INHERITS (parent);
        INSERT INTO child VALUES (1, 2);

        CREATE TABLE ledger.entry (
            payment bigint REFERENCES payment ON DELETE CASCADE, line int, sum money,
            PRIMARY KEY (payment, line), UNIQUE (line, payment) DEFERRABLE);
        ALTER TABLE ledger.entry OWNER TO kind_owner;
        INSERT INTO ledger.entry SELECT n, 1, n::money FROM generate_series(1, 5000) n;
        CREATE INDEX entry_sum ON ledger.entry (sum) WHERE line = 1;
        ALTER TABLE ledger.entry CLUSTER ON entry_pkey;
        CREATE STATISTICS entry_stat ON payment, line FROM ledger.entry;

        CREATE FUNCTION total() RETURNS numeric LANGUAGE sql STABLE
            BEGIN ATOMIC SELECT sum(amount) FROM payment; END;
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
            $body$ BEGIN PERFORM 'GRANT ALL ON DATABASE x TO y;'; RETURN NEW; END $body$;
        CREATE PROCEDURE nothing() LANGUAGE sql AS 'SELECT 1; SELECT 2;';
        CREATE AGGREGATE sum_all (int) (sfunc = int4pl, stype = int, initcond = '0');
        CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq);
        CREATE TRIGGER touched BEFORE INSERT ON payment FOR EACH ROW EXECUTE FUNCTION touch();
        ALTER TABLE payment DISABLE TRIGGER touched;
        CREATE RULE quiet AS ON DELETE TO empty DO INSTEAD NOTHING;
        CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
        CREATE EVENT TRIGGER watcher ON ddl_command_end EXECUTE FUNCTION watch();
        CREATE VIEW large AS SELECT id, amount FROM payment WHERE amount > 100;
        CREATE MATERIALIZED VIEW daily AS SELECT day, count(*) FROM event GROUP BY day;
        CREATE UNIQUE INDEX ON daily (day);
        ALTER TABLE payment ENABLE ROW LEVEL SECURITY;
        CREATE POLICY mine ON payment TO "kind reader" USING (amount < 1000);
        GRANT SELECT (id, amount) ON payment TO "kind reader";
        ALTER DEFAULT PRIVILEGES IN SCHEMA ledger GRANT SELECT ON TABLES TO "kind reader";
        CREATE PUBLICATION changes FOR TABLE payment, ledger.entry;
        CREATE SUBSCRIPTION copies CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false);
        CREATE FOREIGN DATA WRAPPER nowhere;
        CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
        CREATE FOREIGN TABLE distant (a int) SERVER far;
        CREATE TEXT SEARCH CONFIGURATION words (COPY = simple);
        SELECT lo_from_bytea(77001, convert_to('a large object', 'UTF8'));
        SELECT lo_from_bytea(77002, convert_to(repeat('0123456789', 30000), 'UTF8'));
        COMMENT ON LARGE OBJECT 77001 IS 'large';
        """
    }
}
