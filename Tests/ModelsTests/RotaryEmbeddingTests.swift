import Testing

@testable import Models

@Suite struct RotaryEmbeddingTests {
    private func frequencies(_ scaling: RotarySettings.Scaling) -> [Double] {
        RotaryEmbedding(RotarySettings(base: 1e6, scaling: scaling), headDimension: 128).frequencies
    }

    private func yarn(truncatesRamp: Bool) -> RotarySettings.Scaling {
        .yarn(
            RotarySettings.YaRN(
                factor: 4,
                originalContextLength: 32_768,
                truncatesRamp: truncatesRamp,
                attentionFactor: RotarySettings.YaRN.attentionFactor(4)
            )
        )
    }

    /// Qwen3's published YaRN settings, every eighth frequency, worked out from the paper's formula elsewhere.
    @Test(arguments: [
        (
            true,
            [
                1, 0.17782794100389226, 0.031622776601683791, 0.0053753214907901019, 0.00060294117647058821,
                4.4456985250973067e-05, 7.9056941504209488e-06, 1.4058533129758728e-06,
            ]
        ),
        (
            false,
            [
                1, 0.17782794100389226, 0.031622776601683791, 0.0055172704751341225, 0.00060740793787983913,
                4.4456985250973067e-05, 7.9056941504209488e-06, 1.4058533129758728e-06,
            ]
        ),
    ])
    func yarnKeepsFastAndStretchesSlowRotations(truncatesRamp: Bool, expected: [Double]) {
        let frequencies = frequencies(yarn(truncatesRamp: truncatesRamp))
        #expect(frequencies.count == 64)
        for (index, value) in expected.enumerated() {
            #expect(abs(frequencies[8 * index] / value - 1) < 1e-12)
        }
    }

    @Test func linearScalingDividesEveryFrequency() {
        let (plain, scaled) = (frequencies(.none), frequencies(.linear(factor: 8)))
        #expect(zip(plain, scaled).allSatisfy { $0 == 8 * $1 })
        #expect(frequencies(.linear(factor: 1)) == plain)
    }

    @Test func anglesAreExactFarOut() {
        let rotary = RotaryEmbedding(RotarySettings(base: 1e6, scaling: yarn(truncatesRamp: true)), headDimension: 128)
        var cosines = [Float](repeating: 0, count: 64)
        var sines = [Float](repeating: 0, count: 64)
        rotary.write(position: 131_071, cosines: &cosines, sines: &sines)
        // 131071 radians are 3.7544922 above whole turns; both are scaled by 0.1 ln 4 + 1.
        #expect(abs(cosines[0] + 0.931_380_1) < 1e-6)
        #expect(abs(sines[0] + 0.654_987_1) < 1e-6)
        for pair in 0..<64 {
            let length = (cosines[pair] * cosines[pair] + sines[pair] * sines[pair]).squareRoot()
            #expect(abs(length - 1.138_629_4) < 1e-6)
        }
    }
}
