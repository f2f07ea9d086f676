import Hosts
import Lab
import LabTraits
import TaskGraph
import Template
import Testing
import Vocabulary

@testable import Resources

@Suite("service") struct SystemServiceTests {
    private let probe = UnitProbe("web.service")

    @Test func aUnitThatRunsAndIsEnabledIsNoChange() throws {
        let service = try ServiceResource.reading(
            ["name": "web", "state": "running", "enabled": true])
        #expect(try service.plan(.to(probe, UnitState())).changes.isEmpty)
    }

    @Test func aServiceThatCrashesInALoopDoesNotRun() throws {
        let service = try ServiceResource.reading(["name": "web", "state": "running"])
        let crashing = UnitState(active: "activating", sub: "auto-restart")
        #expect(try service.plan(.to(probe, crashing)).changes.count == 1)
    }

    @Test func aUnitThatIsMissingIsAnErrorUnlessSomethingBeforeItMayBringIt() throws {
        let service = try ServiceResource.reading(["name": "web", "state": "running"])
        let missing = Answers.to(probe, UnitState(load: "not-found", active: "inactive", file: ""))
        #expect(throws: Diagnostics.self) { try service.plan(missing) }
        #expect(try service.plan(missing, followsPendingChanges: true).changes.count == 1)
        let stopped = try ServiceResource.reading(
            ["name": "web", "state": "stopped", "enabled": false])
        #expect(try stopped.plan(missing).changes.isEmpty)
    }

    @Test func staleUnitFilesAreReadBeforeAnythingElse() throws {
        let service = try ServiceResource.reading(["name": "web", "state": "restarted"])
        let plan = try service.plan(.to(probe, UnitState(needsReload: true)))
        let script = try #require(plan.action?.script.shown)
        let reload = try #require(script.firstRange(of: "daemon-reload"))
        let restart = try #require(script.firstRange(of: "systemctl restart"))
        #expect(reload.lowerBound < restart.lowerBound)
    }

    @Test func aHandlersRestartOwnsNothing() throws {
        let running = try ServiceResource.reading(["name": "web", "state": "running"])
        let restarted = try ServiceResource.reading(["name": "web", "state": "restarted"])
        #expect(running.thing == .unit("web.service"))
        #expect(restarted.thing == nil)
        #expect(restarted.follows.contains(.unit("web.service")))
    }

    @Test(arguments: [
        (UnitState(file: "static", starters: ["sysinit.target"]), true, nil),
        (UnitState(file: "static"), false, nil),
        (UnitState(file: "generated", source: "/etc/init.d/web", starters: []), true, ""),
        (UnitState(file: "static", starters: ["rescue.target"]), false, nil),
        (UnitState(file: "indirect"), false, nil),
        (UnitState(file: "enabled-runtime"), true, ""),
        (UnitState(file: "linked"), true, ""),
        (UnitState(file: "indirect"), true, ""),
        (UnitState(file: "static"), true, "cannot be enabled: its file has no [Install]"),
        (
            UnitState(file: "static", starters: ["basic.target"]), false,
            "cannot be disabled: its file has no [Install] section, and it is started by basic.target"
        ),
        (
            UnitState(file: "generated", source: "/etc/fstab"), true,
            "cannot be enabled: systemd makes it from /etc/fstab"
        ),
        (UnitState(file: "transient"), true, "cannot be enabled: it exists until it stops"),
    ])
    func onlyWhatCannotBeEnabledOrDisabledIsRefused(
        state: UnitState, enabled: Bool, outcome: String?
    ) throws {
        let service = try ServiceResource.reading(["name": "web", "enabled": .bool(enabled)])
        do {
            let changes = try service.plan(.to(probe, state)).changes
            #expect(changes.isEmpty == (outcome == nil))
        } catch let error as Diagnostics {
            let wanted = try #require(outcome)
            #expect(!wanted.isEmpty && error.all[0].message.contains(wanted))
        }
    }

    @Test(.hosts(1)) func aliasesAndScriptsOfInitAreEnabledAndDisabled() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look(
            """
            printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' \
            > /etc/systemd/system/web.service
            ln -s web.service /etc/systemd/system/also.service
            printf '#!/bin/sh\\n### BEGIN INIT INFO\\n# Provides: old\\n# Required-Start:\\n# Required-Stop:\\n\
            # Default-Start: 2 3 4 5\\n# Default-Stop: 0 1 6\\n### END INIT INFO\\nexit 0\\n' > /etc/init.d/old
            chmod 755 /etc/init.d/old; systemctl daemon-reload
            """)
        func enabled(_ unit: String) async throws -> String {
            try await host.look("systemctl is-enabled \(unit); true")
        }
        try await host.converge(ServiceResource.reading(["name": "also", "enabled": true]))
        #expect(try await enabled("web") == "enabled")
        try await host.converge(ServiceResource.reading(["name": "also", "enabled": false]))
        #expect(try await enabled("web") == "disabled")
        try await host.converge(ServiceResource.reading(["name": "old", "enabled": true]))
        #expect(try await host.look("ls /etc/rc2.d | grep old").hasPrefix("S"))
        try await host.converge(ServiceResource.reading(["name": "old", "enabled": false]))
        #expect(try await host.look("ls /etc/rc2.d | grep old").hasPrefix("K"))
        // It stays what it was, and so it would be enabled on each run.
        _ = try await host.look(
            """
            printf '[Service]\\nExecStart=/bin/true\\n[Install]\\nAlso=web.service\\n' \
            > /etc/systemd/system/front.service; systemctl daemon-reload
            """)
        let front = try ServiceResource.reading(["name": "front", "enabled": true])
        let refusal = await #expect(throws: ActionError.self) { try await host.apply(front) }
        #expect(refusal?.output.contains("enables other units in its place") == true)
        // Wanted by something, or by nothing: neither has an [Install] section.
        let wanted = try ServiceResource.reading(["name": "systemd-journald", "enabled": true])
        #expect(try await host.plan(wanted).changes.isEmpty)
        let unwanted = try ServiceResource.reading(["name": "rescue.service", "enabled": false])
        #expect(try await host.plan(unwanted).changes.isEmpty)
    }

    @Test(.hosts(1)) func unitsAreMaskedAndUnmasked() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look(
            """
            printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' \
            > /usr/lib/systemd/system/web.service; systemctl daemon-reload
            """)
        try await host.converge(ServiceResource.reading(["name": "web", "masked": true]))
        let running = try ServiceResource.reading(["name": "web", "state": "running"])
        let error = await #expect(throws: Diagnostics.self) { try await host.plan(running) }
        #expect(error?.all[0].message == "the unit `web.service` is masked")
        try await host.converge(
            ServiceResource.reading([
                "name": "web", "masked": false, "state": "running", "enabled": true,
            ]))
        _ = try await host.look("systemctl mask --runtime web; systemctl stop web")
        try await host.converge(
            ServiceResource.reading(["name": "web", "masked": false, "state": "running"]))
        #expect(try await host.look("systemctl is-active web") == "active")
    }

    @Test(.hosts(1)) func unitsOfAUserAreWrittenStartedAndEnabled() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look("loginctl enable-linger root; systemctl start user@0")
        #expect(try await host.facts()["systemd"]?["user_manager"] == true)
        let unit: Value = [
            "name": "mine.service", "user": true,
            "sections": [
                "Service": ["ExecStart": "/bin/sleep infinity"],
                "Install": ["WantedBy": "default.target"],
            ],
        ]
        try await host.converge(SystemdUnitResource.reading(unit))
        try await host.converge(
            ServiceResource.reading([
                "name": "mine", "user": true, "state": "running", "enabled": true,
            ]))
        try await host.converge(
            TimerResource.reading([
                "name": "mine-daily", "user": true, "schedule": "daily", "command": "true",
            ]))
        let states = "XDG_RUNTIME_DIR=/run/user/0 systemctl --user is-active mine mine-daily.timer"
        #expect(try await host.look(states) == "active\nactive")
        #expect(try await host.look("stat -c %U ~/.config/systemd/user/mine.service") == "root")
        try await host.converge(
            ServiceResource.reading([
                "name": "mine", "user": true, "state": "stopped", "enabled": false,
            ]))
        try await host.converge(
            SystemdUnitResource.reading([
                "name": "mine.service", "user": true, "state": "absent",
            ]))
    }

    @Test(.hosts(1)) func unitsAreStartedEnabledStoppedAndMasked() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look(
            """
            printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' \
            > /etc/systemd/system/web.service
            """)
        func state() async throws -> String {
            try await host.look("systemctl is-active web; systemctl is-enabled web; true")
        }
        try await host.converge(
            ServiceResource.reading(["name": "web", "state": "running", "enabled": true]))
        #expect(try await state() == "active\nenabled")
        try await host.converge(
            ServiceResource.reading(["name": "web", "state": "stopped", "enabled": false]))
        #expect(try await state() == "inactive\ndisabled")
        let before = try await host.look("systemctl show -p InvocationID web")
        try await host.apply(ServiceResource.reading(["name": "web", "state": "restarted"]))
        #expect(try await host.look("systemctl show -p InvocationID web") != before)
        #expect(try await state() == "active\ndisabled")
    }

    @Test(.hosts(1)) func aServiceThatCannotStartFailsWithItsOwnWords() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look(
            """
            printf '[Service]\\nType=oneshot\\nExecStart=/bin/sh -c "echo no database; exit 3"\\n' \
            > /etc/systemd/system/web.service
            """)
        let service = try ServiceResource.reading(["name": "web", "state": "running"])
        let error = await #expect(throws: ActionError.self) { try await host.apply(service) }
        #expect(error?.output.contains("no database") == true)
    }

    @Test(.hosts(1)) func aUnitOfTheUsersManagerIsSeen() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look("loginctl enable-linger root; systemctl start user@0")
        let answers = try await host.observe([
            UnitProbe("basic.target", scope: .user), UnitProbe("nothing.service", scope: .user),
        ])
        #expect(
            try answers.answer(UnitProbe("basic.target", scope: .user)).active == "active")
        #expect(try !answers.answer(UnitProbe("nothing.service", scope: .user)).exists)
    }
}
