import Backup
import Loop
import RepositoryConformance
import Testing
import Vocabulary

@Suite struct DiagnosticsTests {
    @Test func `each code that is declared is in the catalogue, once`() throws {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let bytes = try #require(
            try FileCalls.contents(
                of: "\(root)/Sources/Backup/BackupDiagnostics.swift", atMost: .mebibytes(1)))
        let declared = String(decoding: bytes, as: UTF8.self).split(separator: "\"").filter {
            $0.utf8.count == 6 && $0.hasPrefix("FF18") && $0.dropFirst(2).allSatisfy(\.isNumber)
        }
        #expect(declared.count > 1)
        #expect(
            declared.map(String.init).sorted() == BackupDiagnostics.catalogue.map(\.id).sorted())
    }

    @Test func `an operator reads what is wrong, where and what to do`() throws {
        let name = try key("snapshots/x/db/rest.dump.zst.age")
        let full = RepositoryError.unavailable(
            .init(
                place: "/backups", action: "write \(name)", cause: .full,
                reason: "No space left on device")
        ).diagnostic
        #expect(full.message == "cannot write \(name): No space left on device")
        #expect(full.subject == "the repository /backups" && full.code.id == "FF1801")
        #expect(full.help == "Make room there, or let `finflowctl backup prune` do it.")

        let (one, other) = (Samples.stored(1), Samples.stored(2))
        let size = PipelineError.storedDiffers(name, expected: one, found: other).diagnostic
        #expect(size.message.hasSuffix("it has 2007 bytes and should have 1007"))
        var same = other
        same.size = one.size
        let hash = PipelineError.plainDiffers(name, expected: one, found: same).diagnostic
        #expect(hash.message.hasSuffix("is \(other.sha256) and should be \(one.sha256)"))
        let failed = PipelineError.programFailed(
            name: "pg_dump", ending: "exit status 1", message: "pg_dump: \u{1B}[31merror\n")
        #expect(failed.diagnostic.hint == "pg_dump: \\u{1b}[31merror")

        let id = Samples.id(0)
        #expect(
            SnapshotChain.Problem.missing(id, namedBy: nil).diagnostic.message
                == "\(id) is gone and was not pruned; the state store knows it")
        #expect(SnapshotChain.Problem.forked([id, id], at: id).diagnostic.severity == .warning)
        #expect(
            DumpError.missingData(of: "public.payments").diagnostic(subject: "database db").message
                == "the rows of public.payments never came")
    }
}
