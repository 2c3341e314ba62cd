internal import Glibc

/// The angles by which positions turn pairs of a head's dimensions: dimension `i` pairs with `i + headDimension / 2`.
struct RotaryEmbedding: Sendable {
    /// One angle a position for each pair, `headDimension / 2` values.
    let frequencies: [Double]
    /// What sines and cosines are multiplied with.
    let amplitude: Double

    init(_ settings: RotarySettings, headDimension: Int) {
        let pairCount = headDimension / 2
        let plain = (0..<pairCount).map { pow(settings.base, -2 * Double($0) / Double(headDimension)) }
        switch settings.scaling {
        case .none:
            frequencies = plain
            amplitude = 1
        case .linear(let factor):
            frequencies = plain.map { $0 / factor }
            amplitude = 1
        case .yarn(let yarn):
            let ramp = RotaryEmbedding.ramp(yarn, base: settings.base, headDimension: headDimension)
            frequencies = plain.enumerated().map { pair, frequency in
                let kept = 1 - min(max((Double(pair) - ramp.start) / (ramp.end - ramp.start), 0), 1)
                return frequency / yarn.factor * (1 - kept) + frequency * kept
            }
            amplitude = yarn.attentionFactor
        }
    }

    /// The bytes of the frequencies.
    static func byteCount(_ headDimension: Int) -> Int { headDimension / 2 * MemoryLayout<Double>.stride }

    /// The pairs between which YaRN goes over from kept to interpolated frequencies.
    private static func ramp(
        _ yarn: RotarySettings.YaRN,
        base: Double,
        headDimension: Int
    ) -> (start: Double, end: Double) {
        func pair(rotations: Double) -> Double {
            let wavelength = Double(yarn.originalContextLength) / (rotations * 2 * .pi)
            return Double(headDimension) * log(wavelength) / (2 * log(base))
        }
        var start = pair(rotations: yarn.fastRotations)
        var end = pair(rotations: yarn.slowRotations)
        if yarn.truncatesRamp {
            start = start.rounded(.down)
            end = end.rounded(.up)
        }
        start = max(start, 0)
        end = min(end, Double(headDimension - 1))
        return start == end ? (start, end + 0.001) : (start, end)
    }

    /// Writes a position's cosines and sines, `headDimension / 2` values each.
    ///
    /// Worked out in double precision for each row anew: a table for a long context would outweigh a small model.
    func write(
        position: Int32,
        cosines: UnsafeMutablePointer<Float>,
        sines: UnsafeMutablePointer<Float>
    ) {
        for (pair, frequency) in frequencies.enumerated() {
            let angle = Double(position) * frequency
            unsafe cosines[pair] = Float(cos(angle) * amplitude)
            unsafe sines[pair] = Float(sin(angle) * amplitude)
        }
    }
}
