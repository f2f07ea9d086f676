import OrderedCollections
import Vocabulary

extension Filter {
    static let encodingFilters: [Filter] = [
        Filter("to_json", [.optional("indent")]) { call throws(Problem) in
            let indent = call.argument(0) == nil ? nil : try call.int(0, 0)
            var writer = JSONWriter(indent: indent.map { max(0, $0) }, room: call.room)
            return .string(try writer.text(of: call.input))
        },
        Filter("from_json") { call throws(Problem) in
            let text = try call.plainString()
            do throws(JSONError) {
                return Value(try JSON(parsing: text))
            } catch {
                throw .value("this is not JSON: \(error.message)")
            }
        },
        Filter("to_yaml", [.optional("indent")]) { call throws(Problem) in
            let indent = try call.int(0, 2)
            guard (1...16).contains(indent) else { throw .value("`indent` is 1 to 16") }
            var writer = YAMLWriter(indent: indent, room: call.room)
            return .string(try writer.text(of: call.input))
        },
        Filter("b64encode") { call throws(Problem) in
            let text = try call.text()
            guard text.utf8.count / 3 * 4 < call.room else {
                throw .limit("the template makes too much text")
            }
            return .string(Base64.encoded(Array(text.utf8)))
        },
        Filter("b64decode") { call throws(Problem) in
            guard let bytes = Base64.decoded(try call.plainString()) else {
                throw .value("this is not base64")
            }
            guard let decoded = String(validating: bytes, as: UTF8.self) else {
                throw .value("the base64 holds no UTF-8 text")
            }
            return .string(decoded)
        },
    ]
}

/// RFC 4648 §4, with padding.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encoded(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = 0
            for byte in group { bits = bits << 8 | Int(byte) }
            bits <<= 8 * (3 - group.count)
            for digit in 0..<4 {
                result.append(
                    digit <= group.count
                        ? alphabet[bits >> (18 - 6 * digit) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// `nil` for anything but canonical base64; line breaks are let through.
    static func decoded(_ text: String) -> [UInt8]? {
        let digits = text.utf8.filter { !$0.isWhitespace }
        guard digits.count % 4 == 0 else { return nil }
        let padding = digits.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        var result: [UInt8] = []
        var (bits, count) = (0, 0)
        for digit in digits.dropLast(padding) {
            guard let value = alphabet.firstIndex(of: digit) else { return nil }
            bits = (bits << 6 | value) & 0xFFFF
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(bits >> count & 0xFF))
            }
        }
        return bits & (1 << count - 1) == 0 ? result : nil
    }
}

extension Value {
    /// What a JSON text holds; of a name that comes twice the last one counts, as in Jinja.
    fileprivate init(_ json: JSON) {
        self =
            switch json {
            case .null: .null
            case .bool(let flag): .bool(flag)
            case .int(let number): .int(number)
            case .double(let number): .double(number)
            case .string(let text): .string(text)
            case .array(let elements): .list(elements.map { Value($0) })
            case .object(let members):
                .map(of: members.map { (key: $0.name, value: Value($0.value)) })
            }
    }
}
