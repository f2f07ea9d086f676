import Hosts
import Lab
import LabTraits
import TaskGraph
import Testing
import Vocabulary

@testable import Resources

@Suite("package") struct SystemPackageTests {
    private func probe(_ name: String, latest: Bool = false) -> PackageProbe {
        PackageProbe(name, wantsCandidate: latest)
    }

    @Test func anInstalledPackageIsNoChange() throws {
        let package = try PackageResource.reading(["name": "chrony"])
        let installed = PackageState(status: "ii ", version: "4.3")
        #expect(try package.plan(.to(probe("chrony"), .init(installed))).changes.isEmpty)
    }

    @Test func onlyWhatIsMissingIsAskedFor() throws {
        let package = try PackageResource.reading(["name": ["chrony", "jq"]])
        let plan = try package.plan(
            .to(probe("chrony"), .init(PackageState(status: "ii ", version: "4.3")))
                .and(probe("jq"), .init(nil)))
        #expect(
            plan.changes == [Change(.create, "jq", before: "not installed", after: "installed")])
        #expect(plan.action?.packages?.items == [.init("jq", .present)])
    }

    @Test(arguments: ["iU ", "iF ", "iH ", "it ", "iiR"])
    func whatAKilledRunLeftHalfDoneIsAskedForAgain(_ status: String) throws {
        let package = try PackageResource.reading(["name": "jq"])
        let half = PackageState(status: status, version: "1.6")
        let plan = try package.plan(.to(probe("jq"), .init(half)))
        #expect(plan.action?.packages?.items == [.init("jq", .present)])
    }

    @Test func aHeldPackageIsLeftAloneByLatest() throws {
        let package = try PackageResource.reading(["name": "jq", "state": "latest"])
        let held = PackageState(status: "hi ", version: "1.6", candidate: "1.7")
        let answers = Answers.to(
            probe("jq", latest: true), .init(held, listsAge: .seconds(60)))
        #expect(try package.plan(answers).changes.isEmpty)
    }

    @Test func anotherVersionKeepsTheHoldThatSomebodySet() throws {
        let package = try PackageResource.reading(["name": "jq", "version": "1.7"])
        let held = PackageState(status: "hi ", version: "1.6")
        let plan = try package.plan(.to(probe("jq"), .init(held)))
        #expect(plan.action?.packages?.items == [.init("jq", .version("1.7"), hold: true)])
    }

    @Test func manyRequestsAreOneTransaction() {
        let script = AptTransaction.script(for: [
            PackageRequest(items: [.init("a0", .present), .init("b0", .version("1.0"))]),
            PackageRequest(items: [.init("c0", .absent)]),
        ]).shown
        let together = script.split(separator: "together() {").last?.split(separator: "}").first
        #expect(
            together?.contains(
                "--allow-change-held-packages install -- a0 'b0=1.0' c0-") == true)
        #expect(together?.split(separator: "\n").count == 1)
    }

    @Test(arguments: ["-rf", "a b", "Chrony", "x", "chrony-", "../x", ""])
    func aNameThatIsNoPackageNameIsRefused(_ name: String) {
        #expect(throws: Diagnostics.self) {
            try PackageResource.reading(["name": .string(name)])
        }
    }

    @Test(.hosts(1)) func packagesAreInstalledUpgradedHeldAndRemoved() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look(
            "echo 'deb [signed-by=/srv/hello/key.asc] file:/srv/hello stable main'"
                + " > /etc/apt/sources.list.d/hello.list")
        func version() async throws -> String {
            try await host.look("dpkg-query -W -f='${Version} ${db:Status-Want}' finflow-hello")
        }
        try await host.converge(
            PackageResource.reading(["name": "finflow-hello", "version": "1.0"]))
        #expect(try await version() == "1.0 install")
        try await host.converge(PackageResource.reading(["name": "finflow-hello", "hold": true]))
        #expect(try await version() == "1.0 hold")
        try await host.converge(
            PackageResource.reading(["name": "finflow-hello", "state": "latest"]))
        #expect(try await version() == "1.0 hold")
        try await host.converge(
            PackageResource.reading(["name": "finflow-hello", "version": "2.0", "hold": false]))
        #expect(try await version() == "2.0 install")
        try await host.converge(
            PackageResource.reading(["name": "finflow-hello", "version": "1.0"]))
        #expect(try await version() == "1.0 install")
        try await host.converge(
            PackageResource.reading(["name": "finflow-hello", "state": "latest"]))
        #expect(try await version() == "2.0 install")
        try await host.converge(
            PackageResource.reading(["name": "finflow-hello", "state": "absent"]))
        #expect(try await version() != "2.0 install")
    }

    @Test(.hosts(1)) func listsThatAreTooOldAreRenewedFirst() async throws {
        let host = TestSession(host: LabHost.leased[0])
        try await host.converge(PackageResource.reading(["name": "jq"]))
        let lists = "/var/lib/apt/lists"
        _ = try await host.look("find \(lists) -maxdepth 1 -exec touch -d '3 days ago' {} +")
        try await host.converge(PackageResource.reading(["name": "tree"]))
        let young = "find \(lists) -maxdepth 0 -newermt '1 day ago'"
        #expect(try await host.look(young) == lists)
    }

    @Test(.hosts(1)) func aPurgedPackageLeavesNothing() async throws {
        let host = TestSession(host: LabHost.leased[0])
        try await host.converge(PackageResource.reading(["name": "cron"]))
        let state = "dpkg-query -W -f='${db:Status-Status}' cron 2>/dev/null; true"
        try await host.converge(PackageResource.reading(["name": "cron", "state": "absent"]))
        #expect(try await host.look(state) == "config-files")
        let purged = try PackageResource.reading([
            "name": "cron", "state": "absent", "purge": true,
        ])
        #expect(try await host.converge(purged).map(\.before) == ["not installed, but configured"])
        #expect(["", "not-installed"].contains(try await host.look(state)))
    }

    @Test(.hosts(1)) func oneRequestThatCannotBeDoesNotStopTheOthers() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let requests = [
            PackageRequest(items: [.init("no-such-package", .present)]),
            PackageRequest(items: [.init("jq", .present)]),
        ]
        let result = try await host.run(AptTransaction.script(for: requests))
        let outcomes = AptTransaction.outcomes(of: result, for: requests)
        #expect(throws: ActionError.self) { try outcomes[0].get() }
        #expect(try outcomes[1].get()["versions"]?.map?["jq"] != nil)
        #expect(try await host.look("dpkg-query -W -f='${db:Status-Status}' jq") == "installed")
    }

    @Test(.hosts(1)) func whatAKilledDpkgLeftIsFinished() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let package = try PackageResource.reading(["name": "jq"])
        try await host.converge(package)
        _ = try await host.look(
            "cd /tmp && apt-get -q download jq && dpkg --unpack /tmp/jq_*.deb")
        #expect(
            try await host.look("dpkg-query -W -f='${db:Status-Status}' jq") == "unpacked")
        #expect(try await host.converge(package).count == 1)
        #expect(try await host.look("dpkg-query -W -f='${db:Status-Status}' jq") == "installed")
    }
}
