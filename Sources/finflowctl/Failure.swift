import ArgumentParser
import Glibc
import Vocabulary

/// How a command ends when it does not succeed: what is said on standard error, and the status.
struct Failure: Error {
    var diagnostics: Diagnostics
    var status: ExitStatus
    /// Texts that are not files, by the names that places give them (`<--set>`).
    var sources: [String: String]

    init(_ diagnostics: Diagnostics, status: ExitStatus? = nil, sources: [String: String] = [:]) {
        self.diagnostics = diagnostics
        self.status = status ?? diagnostics.all.first?.status ?? .software
        self.sources = sources
    }

    init(_ diagnostic: Diagnostic) {
        self.init(Diagnostics([diagnostic]))
    }

    /// Prints all diagnostics, and how to learn more of the first.
    func report() {
        let sorted = diagnostics.sorted
        for diagnostic in sorted {
            Stream.error.line(
                diagnostic.rendered(styled: Stream.error.isStyled) { name in
                    sources[name] ?? Self.text(ofFile: name)
                })
            Stream.error.line()
        }
        let style = Style(for: .error)
        let errors = sorted.filter { $0.severity == .error }
        if let first = errors.first {
            let count = errors.count > 1 ? "\(counted(errors.count, "error")). " : ""
            Stream.error.line(style.dim("\(count)More: finflowctl explain \(first.code)"))
        }
    }

    /// For the excerpt under a diagnostic: files that people edit, never a device or a giant.
    private static func text(ofFile name: String) -> String? {
        let descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
            information.st_size <= 4 << 20
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(information.st_size))
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

extension ExitStatus {
    /// Thrown to end a command that has already said all there is to say.
    var exit: ExitCode { ExitCode(rawValue) }
}
