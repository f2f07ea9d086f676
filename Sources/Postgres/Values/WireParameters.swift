/// Parameters as libpq takes them: parallel arrays of types, bytes, sizes and formats.
struct WireParameters {
    private struct Slot {
        var type: PostgresType
        /// `nil` for NULL. Text has a NUL at its end.
        var bytes: [UInt8]?
        var isBinary = false
    }

    private let slots: [Slot]

    init(_ values: [PostgresValue?]) throws(PostgresError) {
        var slots: [Slot] = []
        slots.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            slots.append(try Self.slot(value, index + 1))
        }
        self.slots = slots
    }

    private static func slot(
        _ value: PostgresValue?, _ number: Int
    ) throws(PostgresError) -> Slot {
        func text(_ text: String, _ type: PostgresType) -> Slot {
            Slot(type: type, bytes: Array(text.utf8) + [0])
        }
        switch value {
        case nil: return Slot(type: .inferred, bytes: nil)
        case .text(let string), .typed(let string, _):
            // libpq would take the text to end there.
            guard !string.utf8.contains(0) else {
                throw .misuse("parameter $\(number) holds a NUL, which no text can")
            }
            guard case .typed(_, let type) = value else { return text(string, .inferred) }
            return text(string, type)
        case .integer(let number): return text(String(number), .bigint)
        case .integer32(let number): return text(String(number), .integer)
        // `nan`, `inf` and `1e+300` are all read.
        case .double(let number): return text(String(number), .doublePrecision)
        case .boolean(let flag): return text(flag ? "t" : "f", .boolean)
        case .bytes(let bytes): return Slot(type: .bytea, bytes: bytes, isBinary: true)
        case .timestamp(let time): return text(time.description, .timestampWithTimeZone)
        }
    }

    /// Lends what `PQsendQueryParams` takes.
    func withPointers<Value>(
        _ body: (
            Int32, [UInt32], [UnsafePointer<CChar>?], [Int32], [Int32]
        ) throws -> Value
    ) throws -> Value {
        for case let bytes? in slots.map(\.bytes) where bytes.count > Int(Int32.max) {
            throw PostgresError.misuse("a parameter has more than 2 GiB")
        }
        // One block for all, so that their addresses hold.
        var block: [UInt8] = []
        var offsets: [Int?] = []
        block.reserveCapacity(slots.reduce(1) { $0 + ($1.bytes?.count ?? 0) })
        for slot in slots {
            offsets.append(slot.bytes == nil ? nil : block.count)
            block += slot.bytes ?? []
        }
        // An address for an empty value too: without one it would be NULL.
        block.append(0)
        return try block.withUnsafeBytes { block in
            let values = offsets.map { offset in
                offset.flatMap { offset in
                    block.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) }
                }
            }
            return try body(
                Int32(slots.count), slots.map(\.type.rawValue), values,
                slots.map { Int32($0.bytes?.count ?? 0) }, slots.map { $0.isBinary ? 1 : 0 })
        }
    }
}
