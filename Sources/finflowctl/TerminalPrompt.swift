import Glibc
import Loop
import Vocabulary

/// Asks on the terminal, whatever the standard streams are.
enum TerminalPrompt {
    /// A line that is not shown while it is typed.
    ///
    /// - Returns: `nil` where there is no terminal.
    static func secret(_ question: String) async throws -> Sensitive<String>? {
        await BlockingPool.shared.run {
            let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
            guard terminal >= 0 else { return nil }
            defer { close(terminal) }
            var before = termios()
            guard tcgetattr(terminal, &before) == 0 else { return nil }
            var silent = before
            silent.c_lflag &= ~tcflag_t(ECHO)
            let restored = before
            // Ctrl-C must not leave a terminal that shows nothing.
            Interrupts.beforeEnding {
                var restored = restored
                let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
                tcsetattr(terminal, TCSAFLUSH, &restored)
            }
            defer {
                tcsetattr(terminal, TCSAFLUSH, &before)
                say("\n", terminal)
                Interrupts.beforeEnding(nil)
            }
            tcsetattr(terminal, TCSAFLUSH, &silent)
            say(question, terminal)
            return line(terminal).map { Sensitive(String(decoding: $0, as: UTF8.self)) }
        }
    }

    /// The same, twice alike.
    static func newSecret(_ what: String) async throws -> Sensitive<String>? {
        guard let first = try await secret("\(what): "),
            let second = try await secret("\(what), once more: ")
        else { return nil }
        let isSame = first.withExposed { first in second.withExposed { first == $0 } }
        guard isSame else {
            throw Failure(Diagnostic(.unlikePrompts, "the two are not alike; nothing was changed"))
        }
        return first
    }

    /// - Returns: whether the answer is yes; `false` where nobody can be asked.
    static func confirms(_ question: String) async throws -> Bool {
        guard Stream.error.isTerminal else { return false }
        return await BlockingPool.shared.run {
            let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
            guard terminal >= 0 else { return false }
            defer { close(terminal) }
            say("\(question) [Y/n] ", terminal)
            // Its end is no answer.
            guard let bytes = line(terminal) else { return false }
            return ["", "y", "Y", "yes"].contains(String(decoding: bytes, as: UTF8.self))
        }
    }

    private static func say(_ text: String, _ terminal: Int32) {
        _ = text.withCString { write(terminal, $0, strlen($0)) }
    }

    /// - Returns: `nil` at its end.
    private static func line(_ terminal: Int32) -> [UInt8]? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < 4096 {
            let count = read(terminal, &byte, 1)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return line.isEmpty ? nil : line }
            if byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        return line
    }
}
