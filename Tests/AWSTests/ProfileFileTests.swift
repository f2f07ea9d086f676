import Lab
import Testing
import Vocabulary

@testable import AWS

@Suite struct ProfileFileTests {
    private func read(
        _ text: String, _ kind: ProfileFile.Kind = .config
    ) throws -> [String: [String: String]] {
        try ProfileFile(text, kind).profiles.mapValues { settings in
            settings.mapValues { $0.withExposed { $0 } }
        }
    }

    @Test func aConfigFileIsReadAsAWSsToolsReadIt() throws {
        let profiles = try read(
            """
            # a comment
            [default]
            region = eu-central-1   # where
            output=json
            s3 =
                addressing_style = path
                max_concurrent_requests = 20
            [ profile  prod ]
            ROLE_ARN = arn:aws:iam::1:role/x;y
            empty =
            ; another
            credential_process = /bin/a "b c" ;d

            [sso-session corp]
            sso_region = us-east-1
            [prod]
            region = not-of-a-profile
            [profile prod] # again
            region = eu-west-1
            """)
        #expect(profiles.keys.sorted() == ["default", "prod"])
        #expect(profiles["default"] == ["region": "eu-central-1", "output": "json", "s3": ""])
        #expect(
            profiles["prod"] == [
                "role_arn": "arn:aws:iam::1:role/x;y", "empty": "",
                "credential_process": "/bin/a \"b c\"", "region": "eu-west-1",
            ])
    }

    @Test func aProfileDefaultGoesBeforeADefault() throws {
        let both = "[default]\na = 1\n[profile default]\nb = 2\n[default]\nc = 3\n"
        #expect(try read(both)["default"] == ["b": "2"])
        #expect(try read("[default]\r\na = 1\r\n")["default"] == ["a": "1"])
    }

    @Test func aCredentialsFileNamesProfilesPlainly() throws {
        let profiles = try read(
            "[a b]\naws_secret_access_key = x+/=#y\n[profile c]\nd = e\n", .credentials)
        #expect(profiles["a b"] == ["aws_secret_access_key": "x+/=#y"])
        #expect(profiles["profile c"] == ["d": "e"])
    }

    @Test(arguments: [
        ("[default", 1), ("a = 1\n[default]\n", 1), ("[default]\n\nSECRETVALUE\n", 3),
        ("[default]\n = SECRETVALUE\n", 2), ("[default] SECRETVALUE\n", 1),
    ])
    func whatIsNoProfileFileIsToldByLineAlone(text: String, line: Int) throws {
        let error = #expect(throws: ProfileFile.Malformed.self) { try read(text) }
        #expect(error?.line == line)
        #expect(error.map { "\($0)".contains("SECRETVALUE") } == false)
    }

    @Test func noTextTripsTheReader() {
        var random = SeededGenerator(seed: 9)
        let pieces = [
            "[", "]", "profile ", "default", "=", "\n", "\r\n", " ", "\t", "#", ";", "a", "é",
            "\u{0}",
        ]
        var (tried, refused) = (0, 0)
        for _ in Slice.of(0...100_000, 5_000, seed: 3) {
            let text = (0..<Int.random(in: 0..<30, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            for kind in [ProfileFile.Kind.config, .credentials] {
                tried += 1
                do throws(ProfileFile.Malformed) {
                    let file = try ProfileFile(text, kind)
                    #expect(file.profiles.values.allSatisfy { $0[""] == nil })
                } catch {
                    refused += 1
                }
            }
        }
        print("Profiles: \(tried) texts, \(refused) refused")
        #expect(refused > 0 && refused < tried)
    }

    @Test(
        arguments: [
            ("a b  c", ["a", "b", "c"]), ("  a ", ["a"]), ("\"a b\" 'c d'", ["a b", "c d"]),
            ("a\\ b", ["a b"]), ("'a\\b' \"c\\d\" \"e\\\"f\"", ["a\\b", "c\\d", "e\"f"]),
            ("a\"\"b '' $HOME;x|y", ["ab", "", "$HOME;x|y"]), ("", []),
        ] as [(String, [String])])
    func aCommandIsCutWithoutAShell(text: String, words: [String]) {
        #expect(ProcessCredentials.words(text) == words)
    }

    @Test(arguments: ["\"a", "'a", "a\\"])
    func anOpenCommandIsNone(text: String) {
        #expect(ProcessCredentials.words(text) == nil)
    }

    @Test(arguments: [
        ("2026-11-24T14:03:12Z", 1_795_528_992), ("2026-11-24T14:03:12.345Z", 1_795_528_992),
        ("2026-11-24T16:03:12+02:00", 1_795_528_992),
        ("2026-11-24T13:33:12.1-00:30", 1_795_528_992),
    ])
    func timesAreReadAsServicesWriteThem(text: String, seconds: Int) {
        #expect(Timestamp(iso8601: text)?.seconds == seconds)
    }

    @Test(arguments: ["", "2026-11-24", "2026-11-24T14:03:12", "2026-11-24T14:03:12.Z", "x"])
    func whatIsNoTimeIsNone(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }
}
