internal import Glibc
internal import Loop
internal import Synchronization

/// Certificates of a test authority (`Scripts/certificates.sh`): made once for a process, and
/// removed when it ends.
enum LabCertificates {
    static let folder = Task<String, any Error> {
        let folder = try LocalSSHD.makeFolder()
        made.withLock { $0 = folder }
        atexit { LabCertificates.made.withLock { $0.map(LocalSSHD.removeFolder) } }
        let script = "\(#filePath.dropLast("LabCertificates.swift".count))Scripts/certificates.sh"
        let result = try await ChildProcess.collect(Command("sh", [script, folder]))
        guard result.exit.isSuccess else { throw LabError("certificates.sh: \(result.errorText)") }
        return folder
    }

    private static let made = Mutex<String?>(nil)
}
