import Hosts
import Lab
import LabTraits
import TaskGraph
import Template
import Testing
import Vocabulary

@testable import Resources

@Suite("command, wait_for, assert") struct SystemCommandTests {
    @Test func aCommandWithoutAGuardIsRefused() throws {
        let error = #expect(throws: Diagnostics.self) {
            try CommandResource.reading(["run": "make"])
        }
        #expect(error?.all.map(\.code) == [.unguardedCommand])
        #expect(throws: Never.self) {
            try CommandResource.reading(["run": "make", "always": true])
        }
    }

    @Test(arguments: ["unless", "only_if"])
    func aGuardThatDoesNotEndIsAnError(_ name: String) throws {
        let command = try CommandResource.reading(
            .map(["run": "make", name: "sleep 100"]))
        let probe = try #require(command.questions(.decision, NoFiles()).first as? CommandProbe)
        let error = #expect(throws: Diagnostics.self) { try command.plan(.to(probe, .late)) }
        #expect(error?.all.map(\.code) == [.slowGuard])
        let late = try CommandProbe.answers(to: [probe], from: Array("late\n".utf8)[...])
        #expect(late[probe] == .late)
    }

    @Test(.hosts(1)) func whatACommandReadsIsThereWithoutAChange() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let command = try CommandResource.reading([
            "run": "printf 'one\n3 0\n\n'; echo 'n\u{F6}te\n1 7' >&2; echo \"$WORD\"", "read": true,
            "env": ["WORD": "it's"], "user": "ops", "cwd": "/var",
        ])
        let plan = try await host.plan(command)
        #expect(plan.changes.isEmpty)
        #expect(plan.action == nil)
        #expect(plan.outputs["stdout"] == "one\n3 0\n\nit's")
        #expect(plan.outputs["stderr"] == "n\u{F6}te\n1 7")
        #expect(plan.outputs["status"] == 0)
        let silent = try await host.plan(CommandResource.reading(["argv": ["true"], "read": true]))
        #expect(silent.outputs["stdout"] == "")
    }

    @Test(.hosts(1)) func whatCannotBeReadFailsAndSaysWhy() async throws {
        let host = TestSession(host: LabHost.leased[0])
        var command: Value = ["run": "echo no cluster >&2; exit 3", "read": true]
        var error = await #expect(throws: ActionError.self) {
            try await host.plan(CommandResource.reading(command))
        }
        #expect(error?.message == "the command ended with status 3")
        #expect(error?.output.contains("no cluster") == true)
        command = [
            "run": "echo hunter2; echo hunter3 >&2; exit 3", "read": true, "sensitive": true,
        ]
        error = await #expect(throws: ActionError.self) {
            try await host.plan(CommandResource.reading(command))
        }
        #expect(error?.output.contains("hunter") == false)
    }

    @Test(.hosts(1), arguments: ["read", "always"])
    func whatIsSaidToBeASecretIsOne(_ how: String) async throws {
        let host = TestSession(host: LabHost.leased[0])
        let command = try CommandResource.reading(
            .map(["run": "echo hunter2", how: true, "sensitive": true]))
        let outputs = try await host.apply(command).outputs
        #expect(outputs["stdout"]?.isSensitive == true)
        #expect(outputs["stdout"]?.exposed.string == "hunter2")
    }

    @Test func whatIsReadBehindAChangeIsKnownLater() throws {
        let command = try CommandResource.reading(["run": "cat /etc/motd", "read": true])
        let plan = try command.plan(Answers(), followsPendingChanges: true)
        #expect(plan.changes.isEmpty)
        #expect(plan.outputs["stdout"]?.kind == .unknown)
    }

    @Test(arguments: ["unless", "stdin", "stamp"])
    func whatIsReadIsReadEachTime(_ key: String) throws {
        let error = #expect(throws: Diagnostics.self) {
            try CommandResource.reading(.map(["run": "id", "read": true, key: "x"]))
        }
        #expect(error?.all.map(\.code) == [.conflictingKeys])
    }

    @Test func anAnswerThatWasCutIsNone() throws {
        let command = try CommandResource.reading(["run": "id", "read": true])
        let probe = try #require(command.questions(.decision, NoFiles()).first as? CommandReading)
        for text in ["", "one", "one\0", "one\n5 0\0", "\n-1 0\0", "\n0\0", "\n0 0\0\n0 0\0"] {
            #expect(throws: ProbeError.self) {
                try CommandReading.answers(to: [probe], from: Array(text.utf8)[...])
            }
        }
        let whole = try CommandReading.answers(to: [probe], from: Array("a\nb\nc\n1 0\0".utf8)[...])
        #expect(whole[probe] == .init(status: 0, output: "a\nb\n", error: "c"))
    }

    @Test(arguments: [
        ("make all", "make all"), ("# make it\nmake\n", "make it …"), ("cd /\nmake", "cd / …"),
    ])
    func aPlanShowsTheFirstOfSeveralLines(_ run: String, _ shown: String) throws {
        let command = try CommandResource.reading(["run": .string(run), "always": true])
        #expect(try command.plan(Answers()).changes.map(\.what) == [shown])
    }

    @Test func aURLThatIsAwaitedIsNoArgument() throws {
        let wait = try WaitForResource.reading(["http": "http://127.0.0.1/?token=hunter2"])
        let probes = wait.questions(.decision, NoFiles()).compactMap { $0 as? WaitForProbe }
        let script = WaitForProbe.script(for: probes).shown
        for line in script.split(separator: "\n") where line.contains("hunter2") {
            #expect(line.contains("printf ") || line.contains("target="))
        }
    }

    @Test(.hosts(1)) func guardsDecide() async throws {
        let host = TestSession(host: LabHost.leased[0])
        try await host.converge(
            CommandResource.reading(["run": "touch /tmp/made", "creates": "/tmp/made"]))
        try await host.converge(
            CommandResource.reading(["run": "rm /tmp/made", "removes": "/tmp/made"]))
        try await host.converge(
            CommandResource.reading([
                "argv": ["cp", "/etc/hostname", "/tmp/a b'c"],
                "unless": "cmp -s /etc/hostname \"/tmp/a b'c\"",
            ]))
        #expect(try await host.look("ls /tmp | grep 'a b'") == "a b'c")
        try await host.converge(
            CommandResource.reading(["run": "date +%N >> /tmp/runs", "stamp": "one"]))
        try await host.converge(
            CommandResource.reading(["run": "date +%N >> /tmp/runs", "stamp": "two"]))
        #expect(try await host.look("wc -l < /tmp/runs") == "2")
    }

    @Test(.hosts(1)) func itRunsAsAUserInADirectoryWithItsEnvironmentAndInput() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let result = try await host.apply(
            CommandResource.reading([
                "run": "id -un; pwd; echo \"$HOME $WORD\"; cat", "always": true, "user": "ops",
                "cwd": "/var", "env": ["WORD": "it's"], "stdin": "line\n",
            ]))
        #expect(result.outputs["stdout"] == "ops\n/var\n/home/ops it's\nline")
        #expect(result.outputs["status"] == 0)
    }

    @Test(.hosts(1)) func whatASecretWasGivenToIsASecret() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let command = try CommandResource.reading([
            "run": "tr '\\0' '\\n' < /proc/$$/cmdline; echo \"$TOKEN\"", "always": true,
            "env": ["TOKEN": .sensitive(Sensitive("hunter2"))],
        ])
        let plan = try await host.plan(command)
        #expect(plan.action?.script.shown.contains("hunter2") == false)
        let outputs = try await host.apply(command).outputs
        #expect(outputs["stdout"]?.isSensitive == true)
        #expect(outputs["stdout"]?.exposed.string?.hasSuffix("hunter2") == true)
    }

    @Test(.hosts(1)) func aCommandThatFailsSaysWhatItSaidAndRunsAgain() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let command = try CommandResource.reading(["run": "echo no space; exit 3", "stamp": "1"])
        let error = await #expect(throws: ActionError.self) { try await host.apply(command) }
        #expect(error?.message.contains("3") == true)
        #expect(error?.output.contains("no space") == true)
        #expect(try await host.plan(command).changes.count == 1)
    }

    @Test(.hosts(1)) func waitingEndsWhenItIsSo() async throws {
        let host = TestSession(host: LabHost.leased[0])
        #expect(try await host.plan(WaitForResource.reading(["port": 22])).action == nil)
        let file = try WaitForResource.reading(["file": "/tmp/signal", "interval": "0.1 s"])
        _ = try await host.look("systemd-run -q --on-active=1 touch /tmp/signal")
        #expect(try await host.apply(file).changes.isEmpty)
        #expect(try await host.plan(file).action == nil)
        let never = try WaitForResource.reading(["port": 9, "timeout": "1 s"])
        let error = await #expect(throws: ActionError.self) { try await host.apply(never) }
        #expect(error?.output.contains("port 9 of 127.0.0.1") == true)
    }

    @Test(.hosts(1)) func aPageIsAwaitedOnABareHost() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look(
            """
            printf '#!/bin/sh\\nread line\\ncase $line in "GET /health?x=1 "*) s="200 OK";; *) s="404 No";; esac
            printf "HTTP/1.1 $s\\\\r\\\\n\\\\r\\\\n"\\n' > /usr/local/bin/page
            chmod 755 /usr/local/bin/page
            printf '[Socket]\\nListenStream=8080\\nAccept=yes\\n' > /run/systemd/system/page.socket
            printf '[Service]\\nExecStart=/usr/local/bin/page\\nStandardInput=socket\\n' \
            > /run/systemd/system/page@.service
            systemctl daemon-reload; systemctl start page.socket
            """)
        #expect(try await host.look("command -v curl wget nc; true") == "")
        let there = try WaitForResource.reading(["http": "http://127.0.0.1:8080/health?x=1"])
        #expect(try await host.plan(there).action == nil)
        let elsewhere = try WaitForResource.reading(
            ["http": "http://127.0.0.1:8080/", "status": 404])
        #expect(try await host.plan(elsewhere).action == nil)
        let wrong = try WaitForResource.reading(["http": "http://127.0.0.1:8080/"])
        #expect(try await host.plan(wrong).action != nil)
    }

    @Test func anAssertionThatFailsPointsAtItsCondition() throws {
        let assertion = try AssertResource.reading(["that": [true, false], "message": "too small"])
        let error = #expect(throws: Diagnostics.self) { try assertion.plan(Answers()) }
        #expect(error?.all.map(\.message) == ["too small"])
        #expect(error?.all.first?.place == somewhere)
        #expect(
            try AssertResource.reading(["that": [true]]).plan(Answers()).changes.isEmpty)
    }

    @Test(arguments: [
        "ftp://x", "http://", "http://a b", "http://u:p@h/", "http://h:0/", "http://h:99999/", "h",
    ])
    func whatIsNoURLIsRefused(_ url: String) {
        #expect(throws: Diagnostics.self) { try WaitForResource.reading(["http": .string(url)]) }
    }
}
