internal import Loop
internal import Vocabulary

/// A program that prints credentials (`credential_process`). It is started without a shell; its
/// words on standard error are not shown, for nobody knows what they hold.
struct ProcessCredentials {
    let source: String
    let command: Sensitive<String>

    private static let limit = 64 << 10
    private static let time = Duration.seconds(60)

    func run() async throws -> AWSCredentials {
        guard let words = command.withExposed(Self.words), let program = words.first else {
            throw failure("its credential_process has an open quotation mark, or is empty")
        }
        let output: CollectedOutput
        do {
            output = try await withTimeout(Self.time) {
                try await ChildProcess.collect(
                    Command(program, Array(words.dropFirst())), limit: Self.limit)
            }
        } catch is TimeoutError {
            throw failure("its credential_process did not end within \(Self.time.brief)")
        } catch let error as SystemError {
            throw failure("its credential_process cannot be started: \(error.reason)")
        } catch is OutputLimitError {
            throw failure("its credential_process does not stop printing")
        }
        guard output.exit.isSuccess else {
            throw failure("its credential_process ended with \(output.exit); run it by hand")
        }
        do {
            guard try CredentialsDocument.json(output.output)["Version"]?.int == 1 else {
                throw failure("its credential_process does not print Version 1")
            }
            return try CredentialsDocument(output.output, session: "SessionToken").credentials
        } catch let error as CredentialsDocument.Malformed {
            throw failure("its credential_process failed: \(error.reason)")
        }
    }

    private func failure(_ reason: String) -> CredentialsError {
        .failed(source, reason)
    }

    /// As a shell would cut it, without a shell's other powers: space separates, quotation marks
    /// and backslashes keep together.
    ///
    /// - Returns: `nil` where a quotation mark stays open.
    static func words(_ command: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in command {
            if isEscaped {
                // Within double quotation marks a backslash is itself, but before these.
                if quote == "\"", character != "\"", character != "\\" { word?.append("\\") }
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
                word = word ?? ""
            } else if let open = quote {
                if character == open { quote = nil } else { word?.append(character) }
            } else if character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if character == " " || character == "\t" {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil, !isEscaped else { return nil }
        if let word { words.append(word) }
        return words
    }
}
