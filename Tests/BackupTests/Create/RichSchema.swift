/// A schema with tables of every kind, and what else a database has.
enum RichSchema {
    static let sql = """
        CREATE EXTENSION hstore; CREATE EXTENSION citext;
        CREATE SCHEMA "odd ""schema"" é";
        CREATE TABLE payment (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, amount numeric NOT NULL,
            fee numeric GENERATED ALWAYS AS (amount * 0.01) STORED, note citext, more hstore);
        INSERT INTO payment (amount, note) SELECT n, 'tab' || E'\\t\\\\\\n' || n
            FROM generate_series(1, 3000) n;
        CREATE TABLE "odd ""schema"" é"."table. ""x"" *?[a]|($é" ("a b" text);
        INSERT INTO "odd ""schema"" é"."table. ""x"" *?[a]|($é" VALUES ('x'), (NULL), (E'\\\\.');
        CREATE TABLE "Upper" (v int); INSERT INTO "Upper" VALUES (1);
        CREATE TABLE upper (v int); INSERT INTO upper VALUES (1), (2);
        CREATE TABLE empty (v int); CREATE TABLE columnless (); INSERT INTO columnless DEFAULT VALUES;
        CREATE UNLOGGED TABLE unlogged (v int); INSERT INTO unlogged VALUES (1);
        CREATE TABLE event (day date NOT NULL, v int) PARTITION BY RANGE (day);
        CREATE TABLE event_old PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2026-01-01');
        CREATE TABLE event_rest PARTITION OF event DEFAULT;
        INSERT INTO event SELECT '2025-12-01'::date + n, n FROM generate_series(1, 60) n;
        CREATE TABLE parent (a int); CREATE TABLE child (b int) INHERITS (parent);
        INSERT INTO child VALUES (1, 2);
        CREATE SEQUENCE standalone; SELECT nextval('standalone');
        CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
        CREATE FOREIGN TABLE distant (a int) SERVER far;
        CREATE MATERIALIZED VIEW sums AS SELECT sum(amount) FROM payment;
        CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
        CREATE EVENT TRIGGER "watcher \\(mark)" ON ddl_command_end EXECUTE FUNCTION watch();
        CREATE PUBLICATION changes FOR TABLE payment;
        ALTER TABLE payment ENABLE ROW LEVEL SECURITY;
        CREATE POLICY mine ON payment USING (amount < 10);
        SELECT lo_from_bytea(77001, convert_to('a large object', 'UTF8'));
        """.replacing("\\(mark)", with: "é")

    /// Rows of the tables that a dump is to have.
    static let rows = [
        "public.payment": 3000, "odd \"schema\" é.table. \"x\" *?[a]|($é": 3, "public.Upper": 1,
        "public.upper": 2, "public.empty": 0, "public.columnless": 1, "public.unlogged": 1,
        "public.event_old": 30, "public.event_rest": 30, "public.parent": 0, "public.child": 1,
    ]
}
