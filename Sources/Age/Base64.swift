import FoundationEssentials

/// Base64 (RFC 4648 §4) with one encoding only for each sequence of bytes.
///
/// An age file has a single form: what decodes but would not be encoded like this (bits left
/// over, letters of no meaning, padding where there is none) is refused.
enum Base64 {
    /// As headers have it.
    static func encode(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var text = encodePadded(bytes)
        while text.last == UInt8(ascii: "=") { text.removeLast() }
        return text
    }

    /// `nil` for anything that ``encode(_:)`` does not make.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let padding = repeatElement(UInt8(ascii: "="), count: (4 - text.count % 4) % 4)
        guard let data = Data(base64Encoded: Data(text) + padding) else { return nil }
        let bytes = Array(data)
        return encode(bytes).elementsEqual(text) ? bytes : nil
    }

    /// As armor has it.
    static func encodePadded(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        Array(Data(bytes).base64EncodedData())
    }

    /// `nil` for anything that ``encodePadded(_:)`` does not make.
    static func decodePadded(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard let data = Data(base64Encoded: Data(text)) else { return nil }
        let bytes = Array(data)
        return encodePadded(bytes).elementsEqual(text) ? bytes : nil
    }
}
