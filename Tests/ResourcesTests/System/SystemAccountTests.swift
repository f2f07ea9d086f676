import Hosts
import Lab
import LabTraits
import Schema
import TaskGraph
import Template
import Testing
import Vocabulary

@testable import Resources

@Suite("user and group") struct SystemAccountTests {
    private func account(groups: Set<String> = [], shell: String = "/bin/sh") -> Account {
        Account(
            user: Account.User(
                uid: 1001, gid: 1001, comment: "", home: "/home/ada", shell: shell, group: "ada",
                groups: groups))
    }

    @Test func onlyWhatIsSaidIsCorrected() throws {
        let user = try UserResource.reading(["name": "ada", "shell": "/bin/bash"])
        let plan = try user.plan(.to(AccountProbe.user("ada"), account()))
        #expect(plan.changes == [Change(.update, "shell", before: "/bin/sh", after: "/bin/bash")])
        #expect(plan.action?.script.shown == "set -e\nusermod --shell /bin/bash ada")
    }

    @Test func groupsAreExactUnlessTheyAreAppended() throws {
        let observed = Answers.to(AccountProbe.user("ada"), account(groups: ["adm", "sudo"]))
        let exact = try UserResource.reading(["name": "ada", "groups": ["adm"]])
        #expect(
            try exact.plan(observed).changes
                == [Change(.update, "groups", before: "adm,sudo", after: "adm")])
        let appended = try UserResource.reading(
            ["name": "ada", "groups": ["adm"], "append": true])
        #expect(try appended.plan(observed).changes.isEmpty)
    }

    @Test func aPasswordIsNeverShown() throws {
        let secret = Value.sensitive(Sensitive("$y$j9T$salt$secret"))
        let user = try UserResource.reading(["name": "ada", "password_hash": secret])
        let plan = try user.plan(.to(AccountProbe.user("ada", withPassword: true), account()))
        #expect(
            plan.changes == [Change(.update, "password", before: redaction, after: redaction)])
        let script = try #require(plan.action?.script)
        #expect(!script.shown.contains("secret"))
        #expect(script.withExposed { $0.contains("$y$j9T$salt$secret") })
        #expect(!user.fingerprint(NoFiles()).contains("secret"))
    }

    @Test(arguments: ["", "-r", "a:b", "root\n", "9to5", "a b", "../etc"])
    func aNameThatIsNoAccountNameIsRefused(_ name: String) {
        #expect(throws: Diagnostics.self) { try UserResource.reading(["name": .string(name)]) }
    }

    @Test(.hosts(1)) func accountsAreMadeChangedLockedAndRemoved() async throws {
        let host = TestSession(host: LabHost.leased[0])
        try await host.converge(GroupResource.reading(["name": "finflow", "gid": 1500]))
        #expect(try await host.look("getent group finflow") == "finflow:x:1500:")
        try await host.converge(GroupResource.reading(["name": "finflow", "gid": 1501]))
        #expect(try await host.look("getent group finflow") == "finflow:x:1501:")

        let hash = "$6$saltsalt$notreallyahashbutlongenough"
        try await host.converge(
            UserResource.reading([
                "name": "payments", "groups": ["finflow"], "comment": "Payments, Inc.",
                "home": "/var/lib/payments", "shell": "/usr/sbin/nologin",
                "password_hash": .sensitive(Sensitive(hash)),
            ]))
        #expect(
            try await host.look("getent passwd payments | cut -d: -f5-")
                == "Payments, Inc.:/var/lib/payments:/usr/sbin/nologin")
        #expect(try await host.look("getent shadow payments | cut -d: -f2") == hash)
        #expect(try await host.look("id -nG payments") == "payments finflow")
        #expect(try await host.look("stat -c %U /var/lib/payments") == "payments")

        try await host.converge(UserResource.reading(["name": "payments", "locked": true]))
        #expect(try await host.look("getent shadow payments | cut -d: -f2") == "!" + hash)
        try await host.converge(
            UserResource.reading([
                "name": "payments", "locked": true, "password_hash": .sensitive(Sensitive(hash)),
                "groups": [], "uid": 2000,
            ]))
        #expect(try await host.look("id -u payments; id -nG payments") == "2000\npayments")
        try await host.converge(
            UserResource.reading(["name": "payments", "state": "absent", "remove_home": true]))
        #expect(
            try await host.look("id payments 2>&1; ls /var/lib/payments 2>&1; true")
                .contains("no such user"))
        try await host.converge(GroupResource.reading(["name": "finflow", "state": "absent"]))
        #expect(try await host.look("getent group finflow; true") == "")
    }

    @Test(.hosts(1)) func aUserWhoseGroupIsThereAlreadyIsMadeWithIt() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let group = try GroupResource.reading(["name": "payments", "gid": 4321])
        let user = try UserResource.reading(["name": "payments", "system": true])
        #expect(user.follows.contains(.group("payments")))
        try await host.converge(group)
        try await host.converge(user)
        #expect(try await host.look("id -gn payments; id -g payments") == "payments\n4321")
    }

    @Test(arguments: ["$y$a:b", "$y$a\nroot::0", "$y$a\u{301}:", "plain"])
    func whatIsNoHashOfAPasswordIsRefused(_ hash: String) {
        #expect(throws: Diagnostics.self) {
            try UserResource.reading(["name": "x", "password_hash": .string(hash)])
        }
    }
}
