import Age
import FoundationEssentials
import Testing
import Vocabulary

@Suite struct DiagnosticsTests {
    @Test func `each code that is declared is in the catalogue, once`() throws {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = URL(filePath: "\(root)/Sources/Age/AgeDiagnostics.swift")
        let text = try String(contentsOf: file, encoding: .utf8)
        let declared = text.split(separator: "\"").filter { word in
            word.count == 6 && word.hasPrefix("FF12") && word.dropFirst(2).allSatisfy(\.isNumber)
        }
        #expect(declared.count > 1)
        #expect(declared.map(String.init).sorted() == AgeDiagnostics.catalogue.map(\.id).sorted())
    }

    @Test(
        arguments: [
            (.empty, "FF1201", "the file is empty"),
            (.versionUnsupported("v2\u{1B}"), "FF1201", "version `v2\\u{1b}`"),
            (.headerMalformed("line 3 is"), "FF1202", "header is malformed: line 3 is"),
            (.armorMalformed("line 3 is"), "FF1202", "armor is malformed: line 3 is"),
            (.truncated(.payload), "FF1203", "ends within its payload"),
            (.endDamaged(offset: 65536), "FF1203", "cut off or damaged behind byte 65536"),
            (.payloadDamaged(offset: 65536), "FF1204", "whole up to byte 65536"),
            (.headerForged, "FF1204", "changed after it was written"),
            (.noMatch(recipients: ["X25519"], tried: 1), "FF1205", "no key at hand"),
            (.passphraseNeeded, "FF1206", "none was given"),
            (.passphraseWrong, "FF1206", "does not open"),
            (
                .workFactorTooHigh(exponent: 30, limit: .standardLimit), "FF1207",
                "takes 2^30 (1.0 TiB), and 2^20 (1.0 GiB) is the limit"
            ),
            (.workFactorTooHigh(exponent: .max, limit: .standardLimit), "FF1207", "never end"),
            (.noRecipients, "FF1208", "nobody to encrypt to"),
            (
                .recipientUnusable("age1x", reason: "it is too short", line: 2), "FF1208",
                "line 2: the recipient `age1x` cannot be used: it is too short"
            ),
            (
                .identityUnusable(reason: "it is too short", line: nil), "FF1209",
                "the secret key cannot be used: it is too short"
            ),
        ] as [(AgeError, String, String)])
    func `an operator reads what is wrong`(error: AgeError, code: String, words: String) {
        let diagnostic = error.diagnostic(subject: "secrets.age")
        #expect(diagnostic.code.id == code)
        #expect(diagnostic.message.contains(words), "\(diagnostic.message)")
        #expect(diagnostic.subject == "secrets.age")
        #expect(diagnostic.status == .badInput)
    }

    @Test func `an operator without the right key reads what the file is for`() {
        let types = ["X25519", "X25519", "piv-p256"] + (0..<900).map { "\($0)" }
        let hint = AgeError.noMatch(recipients: types, tried: 2).diagnostic().hint
        #expect(
            hint == "2 secret keys tried; the file is for 2 × X25519, 1 × piv-p256, 1 × 0, "
                + "1 × 1, 1 × 2")
    }
}
