import HTTP
import Testing
import Vocabulary

@Suite struct DiagnosticsTests {
    private static let kinds: [HTTPError.Kind] = [
        .badRequest, .badConfiguration, .resolve, .connect, .proxy, .tls, .timeout(.connect),
        .timeout(.total), .stalled, .connectionLost, .truncated, .malformedResponse, .tooLarge,
        .other,
    ]

    @Test(arguments: kinds)
    func everyErrorHasAnEntryOfTheCatalogueAndSaysWhichServer(kind: HTTPError.Kind) {
        let diagnostic = HTTPError(kind, "because\u{1B}[2J", origin: "https://h").diagnostic()
        #expect(HTTPDiagnostics.catalogue.contains(diagnostic.code))
        #expect(diagnostic.subject == "https://h")
        #expect(diagnostic.hint?.hasPrefix("because") == true)
        #expect(diagnostic.hint?.contains("\u{1B}") == false)
    }

    @Test func codesAreUniqueAndTheModules() {
        let ids = HTTPDiagnostics.catalogue.map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.hasPrefix("FF15") })
    }

    @Test func whatMayPassIsToldFromWhatMayNot() {
        let transient = Self.kinds.filter { HTTPError($0, "").isTransient }
        let expected: [HTTPError.Kind] = [
            .resolve, .connect, .timeout(.connect), .stalled, .connectionLost, .truncated,
        ]
        #expect(transient == expected)
    }
}
