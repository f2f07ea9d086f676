/// XXH64 of bytes that come in pieces (the xxHash specification 0.1.1, seed 0): no cryptographic
/// hash, at the speed of memory.
struct XXH64 {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5
    private static let stripe = 32

    private var lanes = Lanes()
    private var count: UInt64 = 0
    /// Fewer bytes than a stripe.
    private var tail: [UInt8] = []

    private struct Lanes {
        var first = XXH64.prime1 &+ XXH64.prime2
        var second = XXH64.prime2
        var third: UInt64 = 0
        var fourth = 0 &- XXH64.prime1

        @inline(__always)
        mutating func add(_ stripe: UnsafeRawPointer) {
            first = XXH64.round(first, XXH64.word(stripe, 0))
            second = XXH64.round(second, XXH64.word(stripe, 8))
            third = XXH64.round(third, XXH64.word(stripe, 16))
            fourth = XXH64.round(fourth, XXH64.word(stripe, 24))
        }

        var merged: UInt64 {
            var hash =
                XXH64.rotated(first, 1) &+ XXH64.rotated(second, 7) &+ XXH64.rotated(third, 12)
                &+ XXH64.rotated(fourth, 18)
            for lane in [first, second, third, fourth] {
                hash = (hash ^ XXH64.round(0, lane)) &* XXH64.prime1 &+ XXH64.prime4
            }
            return hash
        }
    }

    /// Of bytes that are all there.
    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        guard let start = bytes.baseAddress else { return finished(prime5, nil, 0) }
        var position = 0
        var hash = prime5
        if bytes.count >= stripe {
            var lanes = Lanes()
            while position + stripe <= bytes.count {
                lanes.add(start + position)
                position += stripe
            }
            hash = lanes.merged
        }
        return finished(hash &+ UInt64(bytes.count), start + position, bytes.count - position)
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        count += UInt64(bytes.count)
        var rest = bytes[...]
        if !tail.isEmpty {
            let part = rest.prefix(Self.stripe - tail.count)
            tail.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
            guard tail.count == Self.stripe else { return }
            tail.withUnsafeBytes { bytes in
                if let start = bytes.baseAddress { lanes.add(start) }
            }
            tail.removeAll(keepingCapacity: true)
        }
        let whole = UnsafeRawBufferPointer(rebasing: rest)
        guard let start = whole.baseAddress else { return }
        var position = 0
        while position + Self.stripe <= whole.count {
            lanes.add(start + position)
            position += Self.stripe
        }
        tail.append(contentsOf: whole[position...])
    }

    /// Whether all that came so far is these bytes, fewer than a stripe.
    func consists(of bytes: [UInt8]) -> Bool { count == UInt64(bytes.count) && tail == bytes }

    /// The hash; what comes after begins anew.
    mutating func finish() -> UInt64 {
        defer { self = XXH64() }
        let hash = count >= UInt64(Self.stripe) ? lanes.merged : Self.prime5
        return tail.withUnsafeBytes { bytes in
            Self.finished(hash &+ count, bytes.baseAddress, bytes.count)
        }
    }

    private static func finished(
        _ start: UInt64, _ tail: UnsafeRawPointer?, _ count: Int
    ) -> UInt64 {
        var hash = start
        var position = 0
        if let tail {
            while position + 8 <= count {
                hash ^= round(0, word(tail, position))
                hash = rotated(hash, 27) &* prime1 &+ prime4
                position += 8
            }
            if position + 4 <= count {
                let half = UInt32(
                    littleEndian: tail.loadUnaligned(fromByteOffset: position, as: UInt32.self))
                hash ^= UInt64(half) &* prime1
                hash = rotated(hash, 23) &* prime2 &+ prime3
                position += 4
            }
            while position < count {
                hash ^= UInt64(tail.load(fromByteOffset: position, as: UInt8.self)) &* prime5
                hash = rotated(hash, 11) &* prime1
                position += 1
            }
        }
        hash = (hash ^ (hash >> 33)) &* prime2
        hash = (hash ^ (hash >> 29)) &* prime3
        return hash ^ (hash >> 32)
    }

    @inline(__always)
    private static func word(_ start: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotated(lane &+ input &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 {
        value << bits | value >> (64 - bits)
    }
}
