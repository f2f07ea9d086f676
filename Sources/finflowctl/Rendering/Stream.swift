import Glibc
import Synchronization
import Vocabulary

/// A standard stream: where it goes and what can be shown there. Standard output carries data,
/// standard error carries everything else.
struct Stream: Sendable {
    private let descriptor: Int32
    let isTerminal: Bool
    /// Colours are wanted and understood (`NO_COLOR`, `TERM=dumb`, not a terminal).
    let isStyled: Bool

    /// Opens what is closed of the three standard streams as /dev/null: the next file or socket
    /// would take its number, and be written to in its place.
    static func complete() {
        for descriptor in STDIN_FILENO...STDERR_FILENO
        where fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0 {
            _exit(ExitStatus.failed.rawValue)
        }
    }

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

    /// Whether the terminal is ours at present, and not that of a shell that we are a
    /// background job of.
    var isForeground: Bool {
        let group = tcgetpgrp(descriptor)
        return group < 0 || group == getpgrp()
    }

    /// The first error of writing data, other than that its reader has gone.
    static let failure = Mutex<Int32?>(nil)

    func write(_ text: String) {
        var bytes = ArraySlice(Array(text.utf8))
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                bytes = bytes.dropFirst(count)
            } else if !goesOn(after: errno) {
                return
            }
        }
    }

    /// Whether to write again. A terminal that another program of the pipeline made
    /// non-blocking is waited for.
    private func goesOn(after error: Int32) -> Bool {
        switch error {
        case EINTR: return true
        case EAGAIN:
            var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&wait, 1, -1)
            return true
        // A reader that has gone (`| head`) wants no more; what we do does not depend on it.
        case EPIPE: return false
        default:
            if descriptor == STDOUT_FILENO { Self.failure.withLock { $0 = $0 ?? error } }
            return false
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
