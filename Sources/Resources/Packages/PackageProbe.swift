public import Hosts

/// How a package is installed; all packages of a host are looked for with one `grep` in dpkg's
/// status file, and with one `apt-cache policy` where the newest version matters.
///
/// `dpkg-query` answers the same and takes several times as long, because it reads the file
/// lists as well. It is asked while dpkg has a journal (`/var/lib/dpkg/updates`), which only dpkg
/// can read into the status file.
public struct PackageProbe: Probe {
    public let name: String
    /// Also asks for the version that apt would install.
    public let wantsCandidate: Bool

    public init(_ name: String, wantsCandidate: Bool = false) {
        self.name = name
        self.wantsCandidate = wantsCandidate
    }

    public struct Answer: Hashable, Sendable {
        /// `nil`: dpkg has never heard of it.
        public var package: PackageState?
        /// A run of dpkg was killed and waits to be finished.
        public var isInterrupted: Bool
        /// Where the candidate was asked for: how old the package lists are.
        public var listsAge: Duration?

        public init(
            _ package: PackageState?, isInterrupted: Bool = false, listsAge: Duration? = nil
        ) {
            self.package = package
            self.isInterrupted = isInterrupted
            self.listsAge = listsAge
        }
    }

    static let format = #"${Package}\t${Architecture}\t${db:Status-Abbrev}\t${Version}\n"#

    public static func script(for questions: [PackageProbe]) -> ShellScript {
        let names = Set(questions.map(\.name)).sorted()
        let candidates = Set(questions.filter(\.wantsCandidate).map(\.name)).sorted()
        let headings = Set(names.map { name in "Package: \(name.prefix { $0 != ":" })" }).sorted()
        let patterns: [ShellScript] = headings.map { "-e \($0)" }
        var script: ShellScript = """
            command -v dpkg-query >/dev/null || { echo missing; return; }
            set -- /var/lib/dpkg/updates/[0-9]*
            if [ -e "$1" ]; then
              echo interrupted
              dpkg-query -W -f='\(raw: format)' -- \(names) 2>/dev/null || :
            else
              grep -A \(StatusFile.lines) -xF \(patterns.joined(separator: " ")) \
            /var/lib/dpkg/status || :
            fi
            """
        if !candidates.isEmpty {
            script += """

                \(AptShell.functions)
                current && echo "age $(($(date +%s) - $(stat -c %Y "$lists")))" || echo stale
                apt-cache policy -- \(candidates)
                """
        }
        return script
    }

    public static func answers(
        to questions: [PackageProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [PackageProbe: Answer] {
        let text = String(decoding: output, as: UTF8.self)
        let lines = text.split(separator: "\n")
        guard !lines.contains("missing") else {
            throw ProbeError("it has no dpkg: packages are managed on Debian and its kin only")
        }
        let isInterrupted = lines.contains("interrupted")
        let states = states(from: isInterrupted ? lines : StatusFile.table(from: text))
        let candidates = candidates(from: lines)
        let age =
            lines.first { $0.hasPrefix("age ") }.flatMap { Int($0.dropFirst(4)) }
            .map { Duration.seconds($0) }
        var answers: [PackageProbe: Answer] = [:]
        for question in questions {
            var state = states[question.name]
            if question.wantsCandidate, let candidate = candidates[question.name] {
                state = state ?? PackageState(status: "un ", version: "")
                state?.candidate = candidate
            }
            answers[question] = Answer(
                state, isInterrupted: isInterrupted,
                listsAge: question.wantsCandidate ? age : nil)
        }
        return answers
    }

    /// By name, and by `name:architecture`; where a package is there for several
    /// architectures, its bare name means the one that is installed.
    static func states(from lines: some Sequence<Substring>) -> [String: PackageState] {
        var states: [String: PackageState] = [:]
        for line in lines {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count == 4 else { continue }
            let state = PackageState(status: String(fields[2]), version: String(fields[3]))
            states["\(fields[0]):\(fields[1])"] = state
            let name = String(fields[0])
            if !(states[name]?.isInstalled ?? false) { states[name] = state }
        }
        return states
    }

    private static func candidates(from lines: [Substring]) -> [String: String] {
        var candidates: [String: String] = [:]
        var name: String?
        for line in lines {
            if line.first != " ", line.hasSuffix(":") {
                name = String(line.dropLast())
            } else if let current = name, line.hasPrefix("  Candidate: ") {
                let version = line.dropFirst("  Candidate: ".count)
                if version != "(none)" { candidates[current] = String(version) }
                name = nil
            }
        }
        return candidates
    }
}
