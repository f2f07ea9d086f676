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
            return .string(Base64.encode(text.utf8))
        },
        Filter("b64decode") { call throws(Problem) in
            // Line breaks are let through, as in what `base64` prints.
            let text = try call.plainString().utf8.filter { !$0.isWhitespace }
            guard let bytes = Base64.decode(text) else {
                throw .value("this is not base64")
            }
            guard let decoded = String(validating: bytes, as: UTF8.self) else {
                throw .value("the base64 holds no UTF-8 text")
            }
            return .string(decoded)
        },
    ]
}
