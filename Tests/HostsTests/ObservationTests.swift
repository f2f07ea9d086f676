import Hosts
import Lab
import Synchronization
import Testing

/// The length of a text, as the host counts it.
private struct LengthProbe: Probe {
    var text: String

    static func script(for questions: [LengthProbe]) -> ShellScript {
        "echo round >&2\n"
            + questions.map { "t=\($0.text); echo \"${#t}\"" }.joined(separator: "\n")
    }

    static func answers(
        to questions: [LengthProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [LengthProbe: Int] {
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
        guard lines.count == questions.count else {
            throw ProbeError("\(lines.count) answers to \(questions.count) questions")
        }
        return Dictionary(
            uniqueKeysWithValues: zip(questions, lines).map { ($0, Int($1) ?? -1) })
    }
}

private struct WhoProbe: Probe {
    static func script(for questions: [WhoProbe]) -> ShellScript { "id -u" }

    static func answers(
        to questions: [WhoProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [WhoProbe: String] {
        [WhoProbe(): String(decoding: output.dropLast(), as: UTF8.self)]
    }
}

private struct BrokenProbe: Probe {
    static func script(for questions: [BrokenProbe]) -> ShellScript {
        "echo 'no such thing' >&2; return 3"
    }

    static func answers(
        to questions: [BrokenProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [BrokenProbe: Int] { [:] }
}

@Suite struct ObservationTests {
    @Test(arguments: Way.all)
    func theFirstObservationCostsOneProgramAndOneRoundTrip(way: Way) async throws {
        try await withSession(way) { session, counts in
            let questions: [any Probe] =
                [WhoProbe()]
                + (0..<100).map { LengthProbe(text: String(repeating: "x", count: $0)) }
            let answers = try await session.observe(questions, privilege: .root)
            for count in 0..<100 {
                let question = LengthProbe(text: String(repeating: "x", count: count))
                #expect(try answers.answer(question) == count)
            }
            #expect(try answers.answer(WhoProbe()) == "0")
            #expect(counts.opened == [["sh"]])
            #expect(counts.writes == 1)
        }
    }

    @Test(arguments: Way.all)
    func questionsOfSeveralCallersTravelTogether(way: Way) async throws {
        try await withSession(way) { session, counts in
            try await withThrowingTaskGroup { group in
                for number in 0..<50 {
                    group.addTask {
                        let question = LengthProbe(text: "text \(number)")
                        let answers = try await session.observe([question], privilege: .login)
                        #expect(try answers.answer(question) == question.text.utf8.count)
                    }
                }
                try await group.waitForAll()
            }
            #expect(counts.opened.count == 1)
            #expect(counts.writes <= 10, "of 50 callers")
        }
    }

    @Test(arguments: Way.all)
    func aProbeThatFailsIsAnErrorOnlyOfItsOwnQuestions(way: Way) async throws {
        try await withSession(way) { session, _ in
            let answers = try await session.observe(
                [BrokenProbe(), LengthProbe(text: "abc")], privilege: .root)
            #expect(try answers.answer(LengthProbe(text: "abc")) == 3)
            let error = #expect(throws: ProbeError.self) { try answers.answer(BrokenProbe()) }
            #expect(error?.message.contains("no such thing") == true)
        }
    }
}
