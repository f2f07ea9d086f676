internal import Loop
internal import Vocabulary

extension ByteChannel {
    /// Gives sudo its password and waits until the program behind it is there.
    func authenticate(with password: Become.Password) async throws {
        let line = password.text.withExposed { Array("\($0)\n".utf8) }
        try await write(line)
        var (printed, asked): ([UInt8], [UInt8]) = ([], [])
        while true {
            switch try await read() {
            case .output(let bytes):
                printed += bytes
                if printed.contains(password.token) {
                    return try await write(Array("\(password.token)\n".utf8))
                }
            case .error(let bytes):
                asked += bytes
                if asked.count(of: password.prompt) > 1 { throw HostError.sudo(.passwordWrong) }
            case nil:
                let exit = try? await exit()
                throw HostError(
                    startFailure: .root, status: exit?.number,
                    noise: String(decoding: asked.isEmpty ? printed : asked, as: UTF8.self)
                        .removing(password.prompt))
            }
        }
    }
}

extension ProgramExit {
    var number: Int32? {
        if case .status(let status) = self { status } else { nil }
    }
}

extension [UInt8] {
    fileprivate func contains(_ text: String) -> Bool { count(of: text) > 0 }

    fileprivate func count(of text: String) -> Int {
        String(decoding: self, as: UTF8.self).split(
            separator: text, omittingEmptySubsequences: false
        ).count - 1
    }
}

extension String {
    fileprivate func removing(_ part: String) -> String {
        split(separator: part).joined()
    }
}
