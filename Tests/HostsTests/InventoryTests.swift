import Hosts
import Schema
import Template
import Testing
import Vocabulary

@Suite struct InventoryTests {
    private let place = SourcePlace(file: "environment.yaml", line: 1, column: 1)

    private func read(_ value: Value) throws -> Inventory {
        try FieldType<Inventory>.inventory.read(PlacedValue(value, at: place))
    }

    private func problems(_ value: Value) -> [Diagnostic] {
        do {
            _ = try read(value)
            return []
        } catch let error as Diagnostics {
            return error.all
        } catch {
            return []
        }
    }

    private var sample: Value {
        [
            "user": "ops",
            "hosts": [
                "app-[01:03]": ["address": "10.0.1.[11:13]", "vars": ["size": 2]],
                "db-1": ["port": 2222, "user": "root", "become": false],
                "cache": .null,
            ],
            "groups": [
                "app": ["hosts": ["app-[01:03]"], "vars": ["tier": "web"], "transport": "openssh"],
                "db": ["hosts": ["db-1"]],
                "production": ["children": ["app", "db"], "vars": ["tier": "any"], "port": 22],
            ],
        ]
    }

    @Test func rangesAreWrittenOutTogetherWithTheirAddresses() throws {
        let inventory = try read(sample)
        #expect(
            inventory.hosts.map(\.name) == ["app-01", "app-02", "app-03", "db-1", "cache"])
        #expect(
            inventory.hosts.prefix(3).map(\.address) == ["10.0.1.11", "10.0.1.12", "10.0.1.13"])
        #expect(inventory["cache"]?.address == "cache")
    }

    @Test func settingsComeFromTheMostSpecialPlace() throws {
        let inventory = try read(sample)
        let app = try #require(inventory["app-02"])
        let db = try #require(inventory["db-1"])
        #expect(app.user == "ops" && app.port == 22 && app.transport == .openssh && app.become)
        #expect(db.user == "root" && db.port == 2222 && db.transport == .ssh && !db.become)
    }

    @Test func variablesComeInLayersOfWhichTheLastWins() throws {
        let inventory = try read(sample)
        let app = try #require(inventory["app-02"])
        #expect(app.groups == ["production", "app"])
        let layers = inventory.variables(of: app).map { $0.map(\.key) }
        #expect(layers == [["tier"], ["tier"], ["size"]])
        #expect(inventory.group("production")?.hosts == ["app-01", "app-02", "app-03", "db-1"])
    }

    @Test func withoutHostsThereIsThisMachine() throws {
        let inventory = try read(["become": false])
        #expect(inventory.hosts.map(\.name) == ["localhost"])
        #expect(inventory["localhost"]?.transport == .local)
        #expect(inventory["localhost"]?.become == false)
        #expect(Inventory.localhost["localhost"]?.transport == .local)
    }

    @Test func allThatIsWrongIsSaidAtOnce() {
        let wrong = problems([
            "hosts": [
                "web-[1:": .null, "a:b": .null, "database": .null,
                "x-[1:2]": ["address": "y-[1:3]"],
            ],
            "groups": ["app": ["hosts": ["databse"], "children": ["appp"]], "database": .null],
        ])
        let codes = wrong.map(\.code.id)
        for code in ["FF0450", "FF0451", "FF0454", "FF0455"] {
            #expect(codes.contains(code), "\(codes)")
        }
        #expect(wrong.contains { $0.hint == "did you mean `database`?" })
        #expect(wrong.contains { $0.hint == "did you mean `app`?" })
    }

    @Test func aCycleOfGroupsIsShownAsItsPath() {
        let wrong = problems([
            "groups": [
                "a": ["children": ["b"]], "b": ["children": ["c"]], "c": ["children": ["a"]],
            ]
        ])
        #expect(wrong.map(\.code) == [.groupCycle])
        #expect(wrong.first?.message.contains("`a` → `b` → `c` → `a`") == true)
    }

    @Test func aHostDeclaredTwiceNamesBothPlaces() {
        let wrong = problems(["hosts": ["a-[1:3]": .null, "a-2": .null]])
        #expect(wrong.map(\.code) == [.duplicateHost])
        #expect(wrong.first?.related.count == 1)
    }

    @Test(arguments: [
        ("all", ["app-01", "app-02", "app-03", "db-1", "cache"]),
        ("*", ["app-01", "app-02", "app-03", "db-1", "cache"]),
        ("app", ["app-01", "app-02", "app-03"]),
        ("db-1,app-01", ["app-01", "db-1"]),
        ("app-*", ["app-01", "app-02", "app-03"]),
        ("*-?1", ["app-01"]),
        ("app-[02:03]", ["app-02", "app-03"]),
        ("app[0]", ["app-01"]),
        ("app[2]:db-1", ["app-03", "db-1"]),
        ("production:&app:!app-02", ["app-01", "app-03"]),
        ("!app", ["db-1", "cache"]),
        ("!app-01:app", ["app-02", "app-03"]),
        ("localhost", ["localhost"]),
    ])
    func aPatternMeansHosts(text: String, names: [String]) throws {
        let hosts = try HostPattern(text).hosts(in: read(sample))
        #expect(hosts.map(\.name.rawValue) == names)
    }

    @Test(arguments: ["ap", "app-4", "zz*", "app-[01:09]", "app:&dbb"])
    func aPatternThatNamesNothingIsASlip(text: String) throws {
        let inventory = try read(sample)
        let error = #expect(throws: Diagnostics.self) {
            try HostPattern(text).hosts(in: inventory)
        }
        #expect(error?.all.allSatisfy { $0.code == .unknownHost } == true)
    }

    @Test func aGroupHasNoHostBeyondItsLast() throws {
        let inventory = try read(sample)
        let error = #expect(throws: Diagnostics.self) {
            try HostPattern("app[3]").hosts(in: inventory)
        }
        #expect(
            error?.all.map(\.message) == ["`app[3]` is not a pattern of hosts: `app` has 3 hosts"])
    }

    @Test(arguments: ["", ":", "!", "app:&"])
    func aPatternWithoutANameIsNone(text: String) {
        #expect(throws: Diagnostics.self) { try HostPattern(text) }
    }

    @Test func namesAreOrderedByTheirNumbers() {
        let names: [HostName] = ["app-10", "app-2", "db", "app-1"]
        #expect(names.sorted() == ["app-1", "app-2", "app-10", "db"])
    }
}
