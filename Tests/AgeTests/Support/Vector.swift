import FoundationEssentials
import Loop
import Testing

/// One of the published test vectors: what to do with a file, and the file.
struct Vector: Sendable, CustomTestStringConvertible {
    let name: String
    let expected: String
    /// SHA-256 of all that may be given out, in hexadecimal.
    private(set) var payload: String?
    private(set) var fileKey: [UInt8] = []
    private(set) var identities: [String] = []
    private(set) var passphrases: [String] = []
    private(set) var isArmored = false
    private var isCompressed = false
    private let body: [UInt8]

    var testDescription: String { name }

    /// Of the post-quantum type, which is not known here.
    var isHybrid: Bool { identities.contains { $0.hasPrefix("AGE-SECRET-KEY-PQ-") } }

    static let all: [Vector] = {
        let folder =
            "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Vectors"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().filter { !$0.contains(".") }.compactMap { name in
            (try? Data(contentsOf: URL(filePath: "\(folder)/\(name)"))).flatMap {
                Vector(name, Array($0))
            }
        }
    }()

    /// `nil` for one with a key that is not known.
    private init?(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        var rest = bytes[...]
        var expected = ""
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")), end > rest.startIndex {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = String(line[colon...].dropFirst(2))
            switch line[..<colon] {
            case "expect": expected = value
            case "payload": payload = value
            case "identity": identities.append(value)
            case "passphrase": passphrases.append(value)
            case "armored": isArmored = value == "yes"
            case "compressed": isCompressed = value == "zlib"
            case "file key": fileKey = Self.bytes(value)
            case "comment": break
            default: return nil
            }
        }
        self.expected = expected
        body = Array(rest.dropFirst())
    }

    func file() async throws -> [UInt8] {
        guard isCompressed else { return body }
        let inflated = try await ChildProcess.collect(
            Command(
                "python3",
                [
                    "-c",
                    "import sys, zlib; b = sys.stdin.buffer; "
                        + "sys.stdout.buffer.write(zlib.decompress(b.read()))",
                ]),
            input: body)
        try #require(inflated.exit.isSuccess, "\(inflated.errorText)")
        return inflated.output
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            UInt8(digits[$0] * 16 + digits[$0 + 1])
        }
    }
}
