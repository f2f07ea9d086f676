import Hosts
import Lab
import Testing

@Suite struct SessionTests {
    @Test(arguments: Way.all)
    func aScriptsStreamsAndStatusComeApartAndExact(way: Way) async throws {
        try await withSession(way) { session, _ in
            let result = try await session.run(
                #"printf 'out\0put'; printf '\377\n' >&2; exit 42"#)
            #expect(result.status == 42)
            #expect(result.output == Array("out\0put".utf8))
            #expect(result.error == [0xFF, 0x0A])
        }
    }

    @Test(arguments: Way.all)
    func aScriptThatPrintsNothingPrintsNothing(way: Way) async throws {
        try await withSession(way) { session, _ in
            let result = try await session.run("true")
            #expect(result.output.isEmpty && result.error.isEmpty && result.status == 0)
        }
    }

    @Test(arguments: Way.all)
    func tenMegabytesOfEachStreamArriveWhole(way: Way) async throws {
        try await withSession(way) { session, _ in
            let result = try await session.run(
                """
                head -c 10000000 /dev/zero | tr '\\0' a
                head -c 10000000 /dev/zero | tr '\\0' '\\036' >&2
                """)
            #expect(result.output == Array(repeating: UInt8(ascii: "a"), count: 10_000_000))
            #expect(result.error == Array(repeating: 0x1E, count: 10_000_000))
        }
    }

    @Test(arguments: Way.all)
    func anyNameIsOneWord(way: Way) async throws {
        let names = [
            "a b", "-n", "it's", "a\nb", "$(id)", "`id`", "\\n", "ünï→", "*", "", "\"", "~",
        ]
        try await withSession(way) { session, _ in
            let result = try await session.run("printf '%s\\0' \(names)")
            #expect(result.text == names.map { $0 + "\0" }.joined())
        }
    }

    @Test(arguments: Way.all)
    func scriptsHaveNoInputAndAKnownEnvironment(way: Way) async throws {
        try await withSession(way) { session, _ in
            let result = try await session.run(
                """
                cd /tmp; FOO=1; umask 077; export FOO; set -eu; cat
                """)
            #expect(result.status == 0)
            let next = try await session.run(
                #"printf '%s|%s|%s|%s\n' "$(pwd)" "$(umask)" "$LC_ALL" "${FOO-}"; command -v sysctl"#
            )
            #expect(next.text.hasPrefix("/|0022|C|\n/"))
        }
    }

    @Test(arguments: Way.all)
    func whatWouldEndAShellEndsOnlyItsScript(way: Way) async throws {
        let scripts: [ShellScript] = [
            "if", "echo 'a", "echo \"a", "(", "}", "cat <<EOF", "exec false", "set -e; false",
            "return 3",
        ]
        try await withSession(way) { session, counts in
            for script in scripts {
                let result = try await session.run(script)
                #expect(script == "cat <<EOF" || result.status != 0, "\(script)")
            }
            let after = try await session.run("echo fine")
            #expect(after.text == "fine\n")
            #expect(counts.opened.count == 1)
        }
    }

    @Test(arguments: Way.all)
    func twoHundredQuickScriptsShareRoundTrips(way: Way) async throws {
        try await withSession(way) { session, counts in
            let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for number in 0..<200 {
                    group.addTask { (number, try await session.run("echo \(number)").text) }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            #expect(answers.count == 200)
            #expect(answers.allSatisfy { $1 == "\($0)\n" })
            #expect(counts.opened.count == 1)
            #expect(counts.writes <= 20, "of 200 scripts")
        }
    }

    @Test(arguments: Way.all)
    func anEpilogueRunsOnceForABatch(way: Way) async throws {
        try await withFolder { folder in
            try await withSession(way) { session, counts in
                let epilogue: ShellScript = "echo once >>\("\(folder)/log"); echo epilogue"
                // The shell is busy until all have asked.
                let gate = "\(folder)/gate"
                _ = try await session.run("mkfifo \(gate)")
                try await withThrowingTaskGroup { group in
                    group.addTask { _ = try await session.run("read line <\(gate)") }
                    for number in 0..<5 {
                        group.addTask {
                            let result = try await session.run(
                                "echo \(number)", options: ScriptOptions(epilogue: epilogue))
                            #expect(result.text == "\(number)\nepilogue\n")
                        }
                    }
                    _ = try await session.run("echo >\(gate)", lane: .slow)
                    try await group.waitForAll()
                }
                let lines = try await fileBytes("\(folder)/log").count / "once\n".utf8.count
                // One batch if all came in time; never as many as there were scripts.
                #expect((1...2).contains(lines))
            }
        }
    }

    @Test(arguments: Way.all)
    func aFailingEpilogueFailsWhoAskedForIt(way: Way) async throws {
        try await withSession(way) { session, _ in
            let result = try await session.run(
                "echo done", options: ScriptOptions(epilogue: "echo broken >&2; exit 9"))
            #expect(result.status == 9)
            #expect(result.text == "done\n")
            #expect(result.errorText == "broken\n")
        }
    }

    @Test(arguments: Way.all)
    func slowScriptsRunBesideQuickOnes(way: Way) async throws {
        try await withFolder { folder in
            try await withSession(way) { session, counts in
                let gate = "\(folder)/gate"
                _ = try await session.run("mkfifo \(gate)")
                async let slow = session.run("cat \(gate)", lane: .slow)
                _ = try await session.run("echo through >\(gate)")
                #expect(try await slow.text == "through\n")
                for _ in 0..<3 { _ = try await session.run("true", lane: .slow) }
                #expect(counts.opened.count == 2)
            }
        }
    }

    @Test(arguments: Way.all)
    func thirtySlowScriptsStayWithinSshdsChannels(way: Way) async throws {
        try await withSession(way) { session, counts in
            try await withThrowingTaskGroup { group in
                for number in 0..<30 {
                    group.addTask {
                        let result = try await session.run("echo \(number)", lane: .slow)
                        #expect(result.text == "\(number)\n")
                    }
                }
                try await group.waitForAll()
            }
            #expect(counts.opened.count <= 5)
        }
    }

    @Test(arguments: Way.all)
    func outputWithoutEndIsEndedOnTheHost(way: Way) async throws {
        try await withSession(way) { session, _ in
            await #expect(throws: HostError.outputTooLarge(limit: ShellSession.outputLimit)) {
                try await session.run("yes", options: ScriptOptions(timeout: .seconds(600)))
            }
            let after = try await session.run("echo fine")
            #expect(after.text == "fine\n")
        }
    }

    @Test(arguments: Way.all)
    func afterClosingNothingRuns(way: Way) async throws {
        try await withSession(way) { session, _ in
            _ = try await session.run("true")
            await session.close()
            await #expect(throws: HostError.self) { try await session.run("true") }
        }
    }
}
