import Hosts
import Lab
import LabTraits
import TaskGraph
import Template
import Testing
import Vocabulary

@testable import Resources

@Suite("systemd_unit, timer, cron") struct SystemUnitTests {
    private let sections: Value = [
        "Unit": ["Description": "A test"],
        "Service": ["ExecStart": "/bin/sleep infinity", "Environment": ["A=1", "B=2"]],
        "Install": ["WantedBy": "multi-user.target"],
    ]

    @Test func sectionsBecomeTheTextOfAUnit() throws {
        let unit = try SystemdUnitResource.reading(["name": "web.service", "sections": sections])
        #expect(
            unit.sections?.text == """
                [Unit]
                Description=A test

                [Service]
                ExecStart=/bin/sleep infinity
                Environment=A=1
                Environment=B=2

                [Install]
                WantedBy=multi-user.target

                """)
    }

    @Test func aReloadThatAKilledRunLeftUndoneIsAChange() throws {
        let unit = try SystemdUnitResource.reading(["name": "web.service", "content": "[Unit]\n"])
        let file = SmallFileProbe("/etc/systemd/system/web.service")
        let plan = try unit.plan(
            .to(file, .regular("[Unit]\n"))
                .and(UnitProbe("web.service"), UnitState(needsReload: true)))
        #expect(plan.changes.map(\.what) == ["daemon-reload"])
        #expect(plan.action?.options.epilogue?.shown == "systemctl daemon-reload")
    }

    @Test func whatAUnitFileWouldReadAsMoreIsEscapedOrRefused() throws {
        let timer = try TimerResource.reading([
            "name": "t", "schedule": "daily", "command": "true", "description": "50% off",
            "cwd": "/a%b",
        ])
        #expect(timer.fingerprint(NoFiles()).contains("Description=50%% off\n"))
        #expect(timer.fingerprint(NoFiles()).contains("WorkingDirectory=/a%%b\n"))
        #expect(throws: Diagnostics.self) {
            try TimerResource.reading([
                "name": "t", "schedule": "daily", "command": "true", "cwd": "/a\nUser=root",
            ])
        }
        #expect(throws: Diagnostics.self) {
            try CronResource.reading([
                "name": "c", "schedule": "@daily", "command": "true",
                "env": ["A=1\n* * * * * root id #": "x"],
            ])
        }
    }

    @Test func aUnitFileWithASecretIsForRootAlone() throws {
        let unit = try SystemdUnitResource.reading([
            "name": "web.service",
            "content": .sensitive(Sensitive("[Service]\nEnvironment=hunter2\n")),
        ])
        let plan = try unit.plan(
            .to(SmallFileProbe("/etc/systemd/system/web.service"), .absent)
                .and(UnitProbe("web.service"), UnitState()))
        let action = try #require(plan.action)
        #expect(action.script.shown.contains("chmod -- 0600"))
        let failure = #expect(throws: ActionError.self) {
            try action.finish(ScriptResult(status: 1, output: [], error: Array("hunter2".utf8)))
        }
        #expect(failure.map { "\($0)".contains("hunter2") } == false)
    }

    @Test func allUnitsOfABatchAskForTheSameReload() throws {
        let epilogues = try ["a.service", "b.timer"].map { name in
            let unit = try SystemdUnitResource.reading(["name": .string(name), "content": "x"])
            let answers = Answers.to(SmallFileProbe("/etc/systemd/system/\(name)"), .absent)
                .and(UnitProbe(name), UnitState())
            return try unit.plan(answers).action?.options.epilogue
        }
        #expect(epilogues[0] != nil)
        #expect(epilogues[0] == epilogues[1])
    }

    @Test(.hosts(1)) func unitsAndDropinsAreWrittenReadAndRemoved() async throws {
        let host = TestSession(host: LabHost.leased[0])
        try await host.converge(
            SystemdUnitResource.reading(["name": "web.service", "sections": sections]))
        try await host.converge(
            ServiceResource.reading(["name": "web", "state": "running", "enabled": true]))
        #expect(try await host.look("systemctl is-active web") == "active")
        try await host.converge(
            SystemdUnitResource.reading([
                "name": "web.service", "dropin": "10-limits.conf",
                "content": "[Service]\nLimitNOFILE=4321\n",
            ]))
        #expect(
            try await host.look("systemctl show -p LimitNOFILE web") == "LimitNOFILE=4321")
        try await host.converge(
            SystemdUnitResource.reading([
                "name": "web.service", "dropin": "10-limits.conf", "state": "absent",
            ]))
        #expect(
            try await host.look("systemctl show -p LimitNOFILE web") != "LimitNOFILE=4321")
        try await host.converge(
            SystemdUnitResource.reading(["name": "job@.service", "sections": sections]))
        #expect(try await host.look("ls -A /etc/systemd/system | grep finflow; true") == "")
    }

    @Test(.hosts(1)) func aUnitThatSystemdDoesNotUnderstandIsNotPutInPlace() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let wrong = try SystemdUnitResource.reading([
            "name": "web.service", "content": "[Service]\nExecStrat=/bin/true\n",
        ])
        let error = await #expect(throws: ActionError.self) { try await host.apply(wrong) }
        #expect(error?.output.contains("ExecStrat") == true)
        #expect(try await host.look("ls -A /etc/systemd/system | grep web; true") == "")
        // A program that a later task brings is no fault of the unit.
        try await host.converge(
            SystemdUnitResource.reading([
                "name": "web.service", "content": "[Service]\nExecStart=/opt/later/web\n",
            ]))
    }

    @Test(.hosts(1)) func aTimerRunsItsCommandAsItWasWritten() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let timer = try TimerResource.reading([
            "name": "report", "schedule": ["Mon..Fri 06:30", "daily"],
            "command": "printf '%s' \"$(id -un) 100% \\\"$HOME\\\"\" > /tmp/report",
            "run_as": "ops", "randomized_delay": "5 min", "timeout": "1 min",
        ])
        try await host.converge(timer)
        #expect(
            try await host.look(
                "systemctl is-active report.timer; systemctl is-enabled report.timer")
                == "active\nenabled")
        let listed = try await host.look("systemctl show -p TimersCalendar report.timer")
        #expect(listed.contains("06:30"))
        _ = try await host.look("systemctl start report.service")
        #expect(try await host.look("cat /tmp/report") == "ops 100% \"/home/ops\"")
        try await host.converge(TimerResource.reading(["name": "report", "state": "absent"]))
        #expect(
            try await host.look("systemctl list-unit-files 'report.*' | grep report; true") == "")
    }

    @Test(.hosts(1)) func aScheduleThatSystemdDoesNotUnderstandChangesNothing() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let timer = try TimerResource.reading([
            "name": "report", "schedule": "someday", "command": "true",
        ])
        await #expect(throws: ActionError.self) { try await host.apply(timer) }
        #expect(try await host.look("ls /etc/systemd/system | grep report; true") == "")
    }

    @Test(.hosts(1)) func aCronEntryIsAFileOfItsOwn() async throws {
        let host = TestSession(host: LabHost.leased[0])
        try await host.converge(
            CronResource.reading([
                "name": "report", "schedule": "15 6 * * mon-fri", "command": "date +%F > /tmp/x",
                "user": "ops", "env": ["MAILTO": "ops@example.org"],
            ]))
        #expect(
            try await host.look("cat /etc/cron.d/report; stat -c '%a %U' /etc/cron.d/report")
                == "MAILTO=\"ops@example.org\"\n15 6 * * mon-fri ops date +\\%F > /tmp/x\n644 root")
        try await host.converge(CronResource.reading(["name": "report", "state": "absent"]))
        #expect(try await host.look("ls -A /etc/cron.d | grep report; true") == "")
    }

    @Test(arguments: [
        "60 * * * *", "* * * *", "* * 0 * *", "* * * 13 *", "@sometimes", "*/0 * * * *",
        "5-1 * * * *",
        "1, * * * *", "* * * * foo", "1 2 3 4 5 6",
    ])
    func aScheduleThatCronWouldPassOverIsRefused(_ schedule: String) {
        #expect(CronSchedule.problem(of: schedule) != nil)
    }

    @Test(arguments: ["*/5 * * * *", "0 0 1,15 jan-mar sun", "@daily", "0-30/10 8-18 * * 1-5"])
    func whatCronTakesIsTaken(_ schedule: String) {
        #expect(CronSchedule.problem(of: schedule) == nil)
    }
}
