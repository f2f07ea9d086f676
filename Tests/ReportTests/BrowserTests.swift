import FoundationEssentials
import Glibc
import Loop
import Record
import Testing

@testable import Report

/// A real browser reads the page as we mean it. It takes 300 MB, so Tools/prepare does not install
/// it: where it is missing, Python's two parsers (ReportTests) are what reads the page.
@Suite struct BrowserTests {
    private static let isThere = access("/usr/bin/chromium", X_OK) == 0

    @Test(.enabled(if: isThere, "no-browser: chromium is not installed here"))
    func `a browser finds each bar, and draws them in their places`() async throws {
        var tasks = (0..<20).map {
            ReportTests.task("app-\($0 % 3)", "\($0)", started: Double($0) / 3, seconds: 0.4)
        }
        tasks.append(ReportTests.task("app-1", "</svg><script>x</script>", .failed))
        let html = ReportTests.report(tasks).html
        let bars = html.split(separator: "class=\"bar ").count
        var template = Array("/tmp/finflow-page.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(
            decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(html.utf8).write(to: URL(filePath: "\(folder)/page.html"))
        let run = try await ChildProcess.collect(
            Command(
                "chromium",
                [
                    "--headless=new", "--no-sandbox", "--disable-gpu",
                    "--user-data-dir=\(folder)/profile", "--dump-dom", "file://\(folder)/page.html",
                ]))
        try #require(run.exit.isSuccess, "\(run.errorText)")
        #expect(run.outputText.split(separator: "class=\"bar ").count == bars)
        #expect(!run.outputText.contains("<script"))
    }
}
