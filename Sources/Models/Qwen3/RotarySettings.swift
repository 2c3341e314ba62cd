internal import Glibc

/// How positions turn query and key heads.
struct RotarySettings: Hashable, Sendable {
    enum Scaling: Hashable, Sendable {
        case none
        /// Positions divided by a factor.
        case linear(factor: Double)
        case yarn(YaRN)
    }

    /// YaRN: slow rotations are interpolated, fast ones kept (arXiv 2309.00071).
    struct YaRN: Hashable, Sendable {
        var factor: Double
        /// The context length before scaling.
        var originalContextLength: Int
        /// Rotations over the original context above which a dimension is kept as it is …
        var fastRotations = 32.0
        /// … and below which it is interpolated.
        var slowRotations = 1.0
        /// Whether the ramp's ends are rounded outwards to whole dimensions.
        var truncatesRamp = true
        /// What sines and cosines are multiplied with.
        var attentionFactor: Double

        /// The attention factor of a scaling factor, where the checkpoint names none.
        static func attentionFactor(_ factor: Double, scale: Double = 1) -> Double {
            factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1
        }
    }

    /// The base of the geometric series of frequencies.
    var base: Double
    var scaling: Scaling = .none

    /// How far YaRN stretches positions; 1 without it.
    var yarnFactor: Double {
        guard case .yarn(let yarn) = scaling else { return 1 }
        return yarn.factor
    }

    /// The positions that a model was made for, of which its files name so many: YaRN may bring it further.
    func contextLength(of positions: Int) -> Int {
        guard case .yarn(let yarn) = scaling else { return positions }
        let scaled = (Double(yarn.originalContextLength) * yarn.factor).rounded()
        return max(positions, Int(min(scaled, Double(Qwen3Limits.contextLength.upperBound))))
    }

    /// No setting is larger.
    static let factorLimit = 1e12

    func check(source: String) throws(ModelError) {
        try RotarySettings.check(base, "the rotary base", above: 1, source)
        switch scaling {
        case .none:
            break
        case .linear(let factor):
            try RotarySettings.check(factor, "the rotary scaling factor", above: 0, source)
        case .yarn(let yarn):
            try RotarySettings.check(yarn.factor, "the rotary scaling factor", above: 0, source)
            try RotarySettings.check(yarn.fastRotations, "YaRN's beta_fast", above: 0, source)
            try RotarySettings.check(yarn.slowRotations, "YaRN's beta_slow", above: 0, source)
            try RotarySettings.check(yarn.attentionFactor, "YaRN's attention factor", above: 0, source)
        }
    }

    private static func check(
        _ value: Double,
        _ key: String,
        above least: Double,
        _ source: String
    ) throws(ModelError) {
        guard value > least, value <= factorLimit else {
            throw .invalidSetting(source: source, key: key, expected: "a number above \(least)", found: "\(value)")
        }
    }
}
