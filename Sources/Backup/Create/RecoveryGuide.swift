import Vocabulary

/// The text that lies in each repository and says how to restore by hand, with tools that every
/// distribution has.
enum RecoveryGuide {
    static let key: ObjectKey? = ObjectKey("RECOVER.md")
    /// Increases with each change of the text.
    static let version = 1

    /// Writes it where it is not, or is of an older version.
    static func write(to repository: any Repository) async throws {
        guard let key else { return }
        do {
            let present = try await repository.contents(of: key, atMost: .mebibytes(1))
            guard version(of: present) < version else { return }
            try await repository.delete(key)
        } catch RepositoryError.missing {
            // The first snapshot.
        } catch RepositoryError.tooLarge {
            // Somebody else's.
            return
        }
        do {
            try await repository.create(key, Array(text.utf8))
        } catch RepositoryError.exists {
            // Somebody else's run was faster.
        }
    }

    private static let mark = "<!-- finflow recovery guide "

    private static func version(of bytes: [UInt8]) -> Int {
        let line = String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
        guard line.hasPrefix(mark) else { return 0 }
        return Int(line.dropFirst(mark.count).prefix { $0.isNumber }) ?? 0
    }

    static let text = """
        \(mark)\(version) -->
        # How to restore these backups by hand

        Nothing of finflowctl is needed: `bash`, `age`, `zstd` and the programs of PostgreSQL
        (Debian: `apt-get install age zstd postgresql-client`), and `aws` where this lies in a
        bucket. Run the blocks in one shell, from the first one on.

        ## 1. Say where things are

        Change what stands behind the equals signs.

        ```bash
        set -o pipefail
        REPOSITORY=${REPOSITORY:-/var/backups/finflow}     # or s3://BUCKET/PREFIX
        IDENTITY=${IDENTITY:-key.txt}                      # the file of an age secret key

        fetch() { case $REPOSITORY in s3://*) aws s3 cp "$REPOSITORY/$1" - ;; *) cat "$REPOSITORY/$1" ;; esac; }
        names() { case $REPOSITORY in s3://*) aws s3 ls "$REPOSITORY/$1" | awk '{ print $NF }' ;; *) ls "$REPOSITORY/$1" ;; esac; }
        opened() { fetch "$1" | age --decrypt --identity "$IDENTITY" | zstd --decompress --stdout; }
        ```

        ## 2. Choose a snapshot and a database

        ```bash
        names snapshots/
        ```

        Their names begin with the time, in UTC. One without a `manifest.json` is none: do not use
        it. `NAME` is what the database is called on its server.

        ```bash
        SNAPSHOT=${SNAPSHOT:-$(names snapshots/ | tr -d / | sort | tail -n 1)}
        names "snapshots/$SNAPSHOT/"
        DATABASE=${DATABASE:-payments}
        NAME=${NAME:-$DATABASE}
        ```

        ## 3. Check that nothing is broken

        It prints a line for each object that is not as it was stored, and then whether all are.

        ```bash
        fetch "snapshots/$SNAPSHOT/manifest.json" | head -n 1 \\
            | grep -o '"key":"[^"]*","content":"[^"]*","plain":{[^}]*},"stored":{[^}]*}' \\
            | sed 's/^"key":"\\([^"]*\\)".*"sha256":"\\([0-9a-f]*\\)"}$/\\2 \\1/' \\
            | { good=yes; while read -r hash key; do
                [ "$(fetch "$key" | sha256sum)" = "$hash  -" ] || { echo "BROKEN $key"; good=no; }
            done; echo "all as stored: $good"; }
        ```

        ## 4. Restore a database

        `PGHOST`, `PGPORT` and `PGUSER` say where to (a superuser, or the master user of RDS). Of
        the roles, those that are there already give errors that do no harm. Passwords are not
        kept: give the roles new ones.

        ```bash
        opened "snapshots/$SNAPSHOT/$DATABASE/globals.sql.zst.age" | psql --quiet --dbname postgres
        ```

        The database must not be there yet. (For another name: `createdb OTHER`, leave `--create`
        out, and write `--dbname OTHER` everywhere.)

        ```bash
        opened "snapshots/$SNAPSHOT/$DATABASE/pre-data.dump.zst.age" \\
            | pg_restore --exit-on-error --create --dbname postgres
        for table in $(names "snapshots/$SNAPSHOT/$DATABASE/tables/" 2>/dev/null); do
            opened "snapshots/$SNAPSHOT/$DATABASE/tables/$table" \\
                | pg_restore --exit-on-error --data-only --dbname "$NAME"
        done
        opened "snapshots/$SNAPSHOT/$DATABASE/rest.dump.zst.age" \\
            | pg_restore --exit-on-error --section=data --dbname "$NAME"
        opened "snapshots/$SNAPSHOT/$DATABASE/post-data.dump.zst.age" \\
            | pg_restore --exit-on-error --dbname "$NAME"
        psql --dbname "$NAME" --command ANALYZE
        ```

        ## 5. Restore files

        ```bash
        for set in $(names "snapshots/$SNAPSHOT/sets/" 2>/dev/null); do
            mkdir -p "restored/${set%.tar.zst.age}"
            opened "snapshots/$SNAPSHOT/sets/$set" | tar --extract --directory "restored/${set%.tar.zst.age}"
        done
        ```

        """
}
