import Hosts
import Lab
import LabTraits
import TaskGraph
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
