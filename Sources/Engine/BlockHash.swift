internal import Tokens

/// What must be the same, besides the tokens, for sequences to share a prefix.
struct PrefixScope: Hashable {
    /// Keeps requests apart that want to be.
    var salt: UInt64 = 0
    /// The model's context window: another one turns keys by other angles, and leaves other keys and values.
    var window: Int32 = 0
}

/// The key under which a full block is found: its tokens, the scope, and the block before it.
///
/// The block before is named by the number that its publication got, which is never given twice; so the chain of blocks
/// stands for the whole prefix, and equal tokens behind unequal prefixes have unequal keys. Two contents may still share
/// a key: whoever looks up compares the tokens too.
enum BlockHash {
    /// Stands for the block before the first.
    static let rootSerial: UInt64 = 0

    static func key(parentSerial: UInt64, scope: PrefixScope, tokens: ArraySlice<TokenID>) -> UInt64 {
        var hash = mix(parentSerial ^ mix(scope.salt ^ mix(UInt64(UInt32(bitPattern: scope.window)))))
        for token in tokens {
            hash = mix(hash ^ UInt64(UInt32(bitPattern: token.rawValue)))
        }
        return hash
    }

    /// A bijection that spreads every bit (the finisher of SplitMix64).
    private static func mix(_ value: UInt64) -> UInt64 {
        var value = value &+ 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
