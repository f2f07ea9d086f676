import Crypto

extension Array where Element == UInt8 {
    /// From the generator that keys come from too.
    static func random(count: Int) -> [UInt8] {
        SymmetricKey(size: SymmetricKeySize(bitCount: count * 8)).withUnsafeBytes { Array($0) }
    }
}
