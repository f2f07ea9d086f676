import Template
import Testing
import Vocabulary

struct ScopeTests {
    private static let defaults = SourcePlace(file: "role.yaml", line: 3, column: 9)
    private static let host = SourcePlace(file: "hosts.yaml", line: 8, column: 5)
    private let scope = Scope([
        Scope.Layer("role common", ["port": Scope.Binding(80, at: Self.defaults)]),
        Scope.Layer("environment", values: ["db": ["host": "db-1", "ports": [1, 2]]]),
        Scope.Layer("host app-1", ["port": Scope.Binding(8080, at: Self.host)]),
    ])

    @Test func `a later layer hides an earlier one, and both can be named`() {
        #expect(scope["port"] == 8080)
        #expect(scope.binding(of: "port")?.place == Self.host)
        #expect(scope.origins(of: "port").map(\.layer) == ["host app-1", "role common"])
        #expect(scope.adding(Scope.Layer("--set", values: ["port": 1]))["port"] == 1)
        #expect(scope.names == ["db", "port"])
        #expect(scope["prot"] == nil)
    }

    @Test func `paths lead into maps`() {
        #expect(scope.value(at: ["db", "host"]) == "db-1")
        #expect(scope.value(at: ["db", "nope"]) == nil)
        #expect(scope.value(at: ["port", "nope"]) == nil)
        #expect(scope.value(at: []) == nil)
    }

    @Test func `what lies under a secret is secret, under an unknown unknown`() {
        let scope = Scope([
            Scope.Layer(
                "s", values: ["s": .sensitive(of: ["k": "v"]), "facts": .unknown("not yet")])
        ])
        #expect(scope.value(at: ["s", "k"]) == .sensitive(of: "v"))
        #expect(scope.value(at: ["facts", "os", "name"]) == .unknown("not yet"))
    }

    @Test func `an error about a value says where it was set`() throws {
        let template = try TextTemplate.parse(
            "{{ port + 'x' }}", at: SourcePlace(file: "t", line: 1, column: 1))
        let error = try #require(throws: Diagnostics.self) { try template.render(in: scope) }
        #expect(error.all.first?.related == [.init("`port` is set here", at: Self.host)])
    }
}
