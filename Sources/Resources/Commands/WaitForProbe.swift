import Hosts
import Schema

/// Whether something that a task waits for is so now.
struct WaitForProbe: Probe {
    let condition: WaitCondition

    init(_ condition: WaitCondition) {
        self.condition = condition
    }

    static func script(for questions: [WaitForProbe]) -> ShellScript {
        questions.map { question in
            "if (\n\(question.condition.test)\n) >/dev/null 2>&1; then echo yes; else echo no; fi"
        }.joined()
    }

    static func answers(
        to questions: [WaitForProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [WaitForProbe: Bool] {
        let lines = output.split(separator: UInt8(ascii: "\n"))
        guard lines.count == questions.count else {
            throw ProbeError("a condition could not be judged")
        }
        return Dictionary(
            zip(questions, lines.map { $0.elementsEqual("yes".utf8) }),
            uniquingKeysWith: { first, _ in first })
    }
}

/// What a host can look at again and again.
enum WaitCondition: Hashable, Sendable {
    case port(Int, host: String)
    case http(URLParts, status: Int)
    case path(String)
    case absentPath(String)

    struct URLParts: Hashable, Sendable {
        var text: String
        var isPlain: Bool
        var host: String
        var port: Int
        var target: String
    }

    /// Status 0 when it is so, 69 (`EX_UNAVAILABLE`) when the host has no program to tell,
    /// anything else when it is not. Each look is bounded to five seconds. A URL, which may
    /// hold a token, is no argument of any process.
    var test: ShellScript {
        switch self {
        case .path(let path): "[ -e \(path) ]"
        case .absentPath(let path): "[ ! -e \(path) ] && [ ! -L \(path) ]"
        case .port(let port, let host):
            // A connection without any program of the network: bash, which Debian always has.
            """
            if command -v bash >/dev/null; then
              timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' \(host) \(port)
            elif command -v nc >/dev/null; then
              timeout 5 nc -z -w 5 \(host) \(port)
            else
              echo 'it has neither bash nor nc' >&2; exit 69
            fi
            """
        case .http(let url, let status):
            """
            if command -v curl >/dev/null; then
              [ "$(printf 'url = "%s"\\n' \(SecretText(url.text).curlQuoted) |
                curl -g -s -o /dev/null --max-time 5 -w '%{http_code}' -K -)" = \(status) ]
            elif command -v wget >/dev/null; then
              printf '%s\\n' \(url.text) |
                wget -q -O /dev/null -S -T 5 -t 1 --max-redirect=0 -i - 2>&1 |
                grep -q '^ *HTTP/[0-9.]* *'\(status)
            \(url.isPlain ? Self.plainRequest(url, status) : "")
            else
              echo 'it has neither curl nor wget' >&2; exit 69
            fi
            """
        }
    }

    /// HTTP/1.0 by hand (RFC 1945), where there is no client: a bare Debian has none.
    private static func plainRequest(_ url: URLParts, _ status: Int) -> ShellScript {
        """
        elif command -v bash >/dev/null; then
          target=\(url.target) timeout 5 bash -c '
            exec 3<>"/dev/tcp/$0/$1" || exit
            printf "GET %s HTTP/1.0\\r\\nHost: %s\\r\\n\\r\\n" "$target" "$0" >&3
            read -r version status rest <&3 && [ "$status" = "$2" ]
          ' \(url.host) \(url.port) \(status)
        """
    }
}
