import ArgumentParser
import Loop
import Record
import Report
import Vocabulary

/// Where a run is drawn for people who were not there.
struct ReportArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write a page about the run: one HTML file with a timeline, changes and failures.",
            valueName: "file"))
    var report: String?

    /// The file, looked at before the work is done that it is to tell of.
    func file() async throws(Failure) -> ReportFile? {
        guard let report else { return nil }
        do throws(SystemError) {
            return ReportFile(name: report, file: try await WholeFile(checking: report))
        } catch {
            throw ReportFile.failure(report, error)
        }
    }
}

struct ReportFile {
    let name: String
    fileprivate let file: WholeFile

    func write(_ report: RunReport) async throws(Failure) {
        do throws(SystemError) {
            try await file.write(Array(report.html.utf8))
        } catch {
            throw Self.failure(name, error)
        }
        Stream.error.line("The report is in \(name.visible)")
    }

    fileprivate static func failure(_ name: String, _ error: SystemError) -> Failure {
        Failure(
            Diagnostic(
                .reportUnwritable,
                "the report cannot be written to \(name.visible): \(error.reason)",
                help: "--report names a file in a directory that is there."))
    }
}
