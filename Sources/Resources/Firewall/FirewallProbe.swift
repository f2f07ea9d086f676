import Hosts

/// Whether the kernel's table is the one that is wanted.
///
/// How nft lists a ruleset differs between its versions, so the host's own nft lists both: the
/// live table, and the wanted one after it was loaded into a network namespace of the probe's
/// own, which ends with it. Nothing is remembered, so every edit by hand is seen.
struct FirewallProbe: Probe {
    let ruleset: Ruleset

    enum Answer: Hashable, Sendable {
        case missingProgram
        /// nft does not take the wanted ruleset, and why.
        case refused(String)
        /// The two listings; an empty one where there is no table.
        case listings(live: String, wanted: String)
    }

    static func script(for questions: [FirewallProbe]) -> ShellScript {
        questions.map { question in
            """
            if ! command -v nft >/dev/null; then
              printf 'missing\\0\\0\\0'
            elif wanted=$(printf '%s' \(question.ruleset.text) | unshare --net sh -c \
            'nft -f - && nft -s -n list table \(raw: Ruleset.table)' 2>&1); then
              printf 'found\\0%s\\0%s\\0' \
            "$(nft -s -n list table \(raw: Ruleset.table) 2>/dev/null)" "$wanted"
            else
              printf 'refused\\0%s\\0\\0' "$wanted"
            fi
            """
        }.joined()
    }

    static func answers(
        to questions: [FirewallProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [FirewallProbe: Answer] {
        var fields = NulSeparated(output)
        var answers: [FirewallProbe: Answer] = [:]
        for question in questions {
            let verdict = try fields.next()
            let first = try fields.next()
            let second = try fields.next()
            answers[question] =
                switch verdict {
                case "missing": .missingProgram
                case "found": .listings(live: first, wanted: second)
                default: .refused(first)
                }
        }
        return answers
    }
}
