internal import Glibc

/// How scripts and their answers are told apart in the streams of one shell.
///
/// A script becomes a subshell between two lines that hold a number nobody can guess, on both
/// streams. What a login shell prints before the first of them, or a process left behind
/// prints between two scripts, is noise and never an answer.
struct Framing {
    /// A control character that texts seldom have, which makes it quick to find, and 128
    /// random bits.
    let mark: [UInt8]
    private let octal: String

    init() {
        let token = randomToken()
        mark = [0x1E] + Array(token.utf8)
        octal = #"\036"# + token
    }

    /// Prepares a shell and makes it announce its process group, by which it is ended. `/proc`
    /// has the group behind the name of the program, which is in parentheses, the state and
    /// the parent.
    ///
    /// - Parameter becameRoot: whether it was started through `sudo`, which
    ///   ``ShellScript/asLogin(_:)`` has to know.
    func setUp(becameRoot: Bool) -> [UInt8] {
        Array((Self.mark(becameRoot) + setUp).utf8)
    }

    /// Whoever runs finflowctl on the host itself may have it from another one.
    private static func mark(_ becameRoot: Bool) -> String {
        let name = ShellScript.becameRoot
        return becameRoot ? "\(name)=1;export \(name)\n" : "unset \(name)\n"
    }

    private var setUp: String {
        #"""
        q(){ eval "$1";}
        LC_ALL=C;PATH="${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        export LC_ALL PATH;umask 022;cd /
        s=;read -r s </proc/$$/stat;s=${s##*) };s=${s#* };s=${s#* };s=${s%% *}
        printf '\#(octal)h %s\n' "$s";printf '\#(octal)h\n'>&2;unset s

        """#
    }

    /// The script as a frame for a shell that reads it from its standard input.
    ///
    /// - Parameter isQuestion: whether it keeps to what ``Probe/script(for:)`` promises, and so
    ///   runs in the shell itself: a function that `return` leaves. Else it gets a subshell, in
    ///   which `eval` keeps a syntax error that would end the shell.
    func append(
        _ script: ShellScript, number: Int, isQuestion: Bool, to bytes: inout [UInt8]
    ) {
        append(script, number: number, isQuestion ? ("q ", "") : ("(eval ", ")"), to: &bytes)
    }

    /// The script as a frame of its own for `sh -c`, which leaves it the standard input.
    func alone(_ script: ShellScript, becameRoot: Bool) -> String {
        var bytes = Array(Self.mark(becameRoot).utf8)
        append(script, number: 1, ("(eval ", ")"), input: "", to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func append(
        _ script: ShellScript, number: Int, _ call: (String, String),
        input: String = "</dev/null", to bytes: inout [UInt8]
    ) {
        // In braces, which a shell reads to their end before it does anything of it: a script has
        // begun when all of it has arrived, however long that took.
        bytes += "{ printf '\(octal)b \(number)\\n';printf '\(octal)b \(number)\\n'>&2\n".utf8
        bytes += call.0.utf8
        script.withExposed { bytes.appendQuoted($0) }
        bytes += "\(call.1)\(input)\n};printf '\(octal)e \(number) %s\\n' \"$?\"".utf8
        bytes += ";printf '\(octal)e \(number)\\n'>&2\n".utf8
    }
}

extension [UInt8] {
    /// Appends `text` as one word of the shell.
    fileprivate mutating func appendQuoted(_ text: String) {
        var text = text
        append(UInt8(ascii: "'"))
        text.withUTF8 { utf8 in
            var rest = utf8[...]
            while let quote = UnsafeBufferPointer(rebasing: rest).firstIndex(of: UInt8(ascii: "'"))
            {
                let end = rest.startIndex + quote
                append(contentsOf: rest[..<end])
                append(contentsOf: #"'\''"#.utf8)
                rest = rest[(end + 1)...]
            }
            append(contentsOf: rest)
        }
        append(UInt8(ascii: "'"))
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// By `memchr`, which looks at many bytes at once.
    func firstIndex(of byte: UInt8) -> Int? {
        guard let baseAddress, let found = memchr(baseAddress, Int32(byte), count) else {
            return nil
        }
        return UnsafeRawPointer(found) - UnsafeRawPointer(baseAddress)
    }
}

/// 128 random bits in hexadecimal.
func randomToken() -> String {
    var generator = SystemRandomNumberGenerator()
    let digits = Array("0123456789abcdef".utf8)
    return String(unsafeUninitializedCapacity: 32) { buffer in
        for index in 0..<2 {
            var bits = generator.next()
            for position in 0..<16 {
                buffer[index * 16 + position] = digits[Int(bits & 15)]
                bits >>= 4
            }
        }
        return 32
    }
}
