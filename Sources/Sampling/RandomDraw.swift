/// Uniform random numbers as a pure function of their key: Philox 4×32 with 10 rounds.
///
/// A draw depends on the seed, the choice and the position of the token alone, so no batching can shift it.
/// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
enum RandomDraw {
    /// A random number.
    ///
    /// - Parameters:
    ///   - seed: the request's seed.
    ///   - choice: which of the request's answers is generated.
    ///   - position: how many tokens the answer already has.
    /// - Returns: a number in 0..<1 with 53 random bits.
    static func uniform(seed: UInt64, choice: UInt32, position: Int) -> Double {
        let place = UInt64(truncatingIfNeeded: position)
        let words = philox(
            counter: SIMD4(UInt32(truncatingIfNeeded: place), UInt32(truncatingIfNeeded: place >> 32), choice, 0),
            key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
        let bits = UInt64(words[0]) << 32 | UInt64(words[1])
        return Double(bits >> 11) * 0x1p-53
    }

    /// Philox4x32-10: four random words for a counter and a key.
    static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var state = counter
        var key = key
        for _ in 0..<10 {
            let first = state[0].multipliedFullWidth(by: 0xD251_1F53)
            let second = state[2].multipliedFullWidth(by: 0xCD9E_8D57)
            state = SIMD4(second.high ^ state[1] ^ key[0], second.low, first.high ^ state[3] ^ key[1], first.low)
            key = SIMD2(key[0] &+ 0x9E37_79B9, key[1] &+ 0xBB67_AE85)
        }
        return state
    }
}
