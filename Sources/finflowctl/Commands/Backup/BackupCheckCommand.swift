import ArgumentParser
import Backup
import Loop
import Vocabulary

struct BackupCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say how old and how good the newest snapshot of each database is.",
        discussion: """
            Examples:
              finflowctl backup check --env production
              finflowctl backup check --env production --plugin
              finflowctl backup check --env production \\
                  --textfile /var/lib/prometheus/node-exporter/backup.prom

            A database is badly off (exit status 1) when its newest stored snapshot is older than \
            `maximum_age`, or there is none; it is in doubt when none was read to its end for 8 \
            days. The recovery point is what would have been lost at the worst moment of the last \
            30 days: with one dump a night, a day and the time that a dump takes.

            --plugin answers as a monitoring plugin does: one line with performance data, and 0, \
            1, 2 or 3 for good, in doubt, bad and unknown. --textfile writes the metrics \
            finflow_backup_* for the node exporter, whole or not at all; alert on \
            finflow_backup_last_check_timestamp_seconds, too.
            """)

    @OptionGroup var options: BackupOptions

    @Flag(help: "Answer as a monitoring plugin.")
    var plugin = false

    @Option(
        help: ArgumentHelp(
            "Also write metrics for the textfile collector of the node exporter.",
            valueName: "path"))
    var textfile: String?

    func validate() throws {
        if plugin, options.output.json {
            throw ValidationError("--plugin and --json exclude each other")
        }
    }

    func run() async throws {
        guard plugin else { return try await check() }
        do {
            try await check()
        } catch let exit as ExitCode {
            throw exit
        } catch {
            let reason = (error as? Failure)?.diagnostics.all.first?.message ?? "\(error)"
            Stream.output.line("BACKUP UNKNOWN - \(Self.plain(reason))")
            throw ExitCode(3)
        }
    }

    private func check() async throws {
        options.output.begin("backup-check", [.init("environment", .string(options.environment))])
        let workspace = try BackupWorkspace(options)
        let repository = try await workspace.repository()
        let catalogue = try await workspace.catalogue(of: repository)
        let now = Timestamp.now
        let limit = Int(workspace.settings.maximumAge.components.seconds)
        let health = BackupHealth(
            of: catalogue,
            for: workspace.environment.databases.map(\.name) + workspace.settings.sets.map(\.name),
            maximumAge: limit, at: now)
        if let textfile { try await write(health, to: textfile, now) }
        if plugin {
            Stream.output.line(line(health, limit))
            throw ExitCode(Int32(health.state.rawValue))
        }
        show(health)
        guard health.state != .bad else { throw ExitStatus.failed.exit }
    }

    private func write(_ health: BackupHealth, to path: String, _ now: Timestamp) async throws {
        let metrics = BackupMetrics(health, environment: options.environment, checkedAt: now)
        do throws(SystemError) {
            try await WholeFile(checking: path).write(Array(metrics.text.utf8), mode: 0o644)
        } catch {
            throw Failure(
                Diagnostic(
                    .unwritableOutput, "`\(path.visible)` cannot be written: \(error.reason)"))
        }
    }

    private func show(_ health: BackupHealth) {
        if options.output.json {
            for database in health.databases { JSONView.print(database.record) }
            for problem in health.problems { JSONView.print(["problem": .string(problem)]) }
            return
        }
        let style = Style(for: .output)
        let width = health.databases.map(\.name.columns).max() ?? 0
        for database in health.databases {
            let mark =
                switch database.state {
                case .good: style.green("good")
                case .doubtful: style.yellow("doubtful")
                case .bad: style.red("bad")
                }
            Stream.output.line(
                "\(database.name.padded(to: width))  \(mark)  \(database.sentence)")
        }
        for problem in health.problems { Stream.output.line(style.red(problem)) }
        guard let point = health.databases.compactMap(\.recoveryPoint).max() else { return }
        Stream.error.line(
            "Recovery point: these snapshots would have lost up to \(Duration.seconds(point).brief) "
                + "at the worst moment.")
    }

    /// `BACKUP OK - … | payments_age=18000s;;93600;0`
    private func line(_ health: BackupHealth, _ limit: Int) -> String {
        let word =
            switch health.state {
            case .good: "OK"
            case .doubtful: "WARNING"
            case .bad: "CRITICAL"
            }
        let worst = health.databases.filter { $0.state == health.state }
        let texts =
            health.problems.prefix(2) + worst.prefix(3).map { "\($0.name) \($0.sentence)" }
        let data = health.databases.compactMap { database in
            database.age.map { "\(database.name)_age=\($0)s;;\(limit);0" }
        }
        let text = texts.isEmpty ? "no database is to be backed up" : texts.joined(separator: "; ")
        return "BACKUP \(word) - \(Self.plain(text)) | \(data.joined(separator: " "))"
    }

    /// A bar would begin the performance data.
    private static func plain(_ text: String) -> String {
        text.visible.replacing("|", with: "/")
    }
}

extension BackupHealth.Database {
    fileprivate var sentence: String {
        guard let newest, let age else { return "has no snapshot that was stored" }
        let read = readable == nil ? ", none was ever read to its end" : ""
        return "newest \(newest) (\(level?.rawValue ?? "unproven")), "
            + "\(Duration.seconds(age).brief) old, \(counted(count, "snapshot"))\(read)"
    }

    fileprivate var record: JSON {
        .object(compact: [
            ("database", .string(name)), ("state", .string("\(state)")),
            ("snapshot", newest.map { .string("\($0)") }),
            ("level", level.map { .string($0.rawValue) }),
            ("time", time.map { .string("\($0)") }), ("age_seconds", age.map(JSON.int)),
            ("readable", readable.map { .string("\($0)") }), ("snapshots", .int(count)),
            ("recovery_point_seconds", recoveryPoint.map(JSON.int)),
        ])
    }
}
