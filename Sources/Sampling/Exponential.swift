/// `e` to the power of `x`, for many `x` at once and the same bits on every machine: multiplications and additions only.
///
/// Range reduction to `x = n · ln 2 + r` and a polynomial in `r` (Cephes, `expf`); relative error below 2e-7. Meant for
/// weights, so for `x ≤ 0`: results below `e^-87`, and those for what is not a number, are 0.
enum Exponential {
    private static let lowest: Float = -87
    /// 1.5 · 2²³: adding it rounds to an integer, which then stands in the low bits.
    private static let rounder: Float = 12_582_912
    private static let log2e: Float = 1.442_695_04
    private static let ln2High: Float = 0.693_359_375
    private static let ln2Low: Float = -2.121_944_4e-4
    private static let coefficients: (Float, Float, Float, Float, Float, Float) = (
        1.987_569_15e-4, 1.398_199_95e-3, 8.333_451_9e-3, 4.166_579_59e-2, 1.666_666_55e-1, 5.000_000_1e-1
    )

    @inline(__always)
    static func values(_ x: SIMD8<Float>) -> SIMD8<Float> {
        let floor = SIMD8<Float>(repeating: lowest)
        let isPositive: SIMDMask<SIMD8<Int32>> = floor .<= x
        let argument = SIMD8(repeating: 0).replacing(with: x, where: isPositive)
        let shifted = argument * log2e + rounder
        let power = shifted - rounder
        let remainder = (argument - power * ln2High) - power * ln2Low
        var sum = SIMD8<Float>(repeating: coefficients.0)
        sum = sum * remainder + coefficients.1
        sum = sum * remainder + coefficients.2
        sum = sum * remainder + coefficients.3
        sum = sum * remainder + coefficients.4
        sum = sum * remainder + coefficients.5
        sum = sum * (remainder * remainder) + remainder + 1
        let bits = unsafe unsafeBitCast(shifted, to: SIMD8<UInt32>.self)
        let scale = unsafe unsafeBitCast((bits &<< 23) &+ 0x3F80_0000, to: SIMD8<Float>.self)
        return SIMD8(repeating: 0).replacing(with: sum * scale, where: isPositive)
    }

    /// The same bits as a lane of `values`.
    @inline(__always)
    static func value(_ x: Float) -> Float {
        guard x >= lowest else { return 0 }
        let shifted = x * log2e + rounder
        let power = shifted - rounder
        let remainder = (x - power * ln2High) - power * ln2Low
        var sum = coefficients.0
        sum = sum * remainder + coefficients.1
        sum = sum * remainder + coefficients.2
        sum = sum * remainder + coefficients.3
        sum = sum * remainder + coefficients.4
        sum = sum * remainder + coefficients.5
        sum = sum * (remainder * remainder) + remainder + 1
        return sum * Float(bitPattern: (shifted.bitPattern &<< 23) &+ 0x3F80_0000)
    }
}
