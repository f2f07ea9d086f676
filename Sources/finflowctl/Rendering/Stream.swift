import Glibc

/// A standard stream: where it goes and what can be shown there. Standard output carries data,
/// standard error carries everything else.
struct Stream: Sendable {
    private let descriptor: Int32
    let isTerminal: Bool
    /// Colours are wanted and understood (`NO_COLOR`, `TERM=dumb`, not a terminal).
    let isStyled: Bool

    static let output = Stream(STDOUT_FILENO)
    static let error = Stream(STDERR_FILENO)

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
        let isDumb = Environment["TERM"].map { $0 == "dumb" || $0.isEmpty } ?? true
        isStyled = isTerminal && !isDumb && (Environment["NO_COLOR"] ?? "").isEmpty
    }

    /// A live view needs to move the cursor.
    var isLive: Bool { isTerminal && (Environment["TERM"] ?? "dumb") != "dumb" }

    /// In columns; 80 where it is not known.
    var width: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    var height: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
        return Int(size.ws_row)
    }

    func write(_ text: String) {
        var bytes = ArraySlice(Array(text.utf8))
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            // A reader that has gone (`| head`) wants no more; what we do does not depend on it.
            if count < 0 { return }
            bytes = bytes.dropFirst(count)
        }
    }

    func line(_ text: String = "") {
        write(text + "\n")
    }
}

/// The environment variables of the process.
enum Environment {
    static subscript(name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
