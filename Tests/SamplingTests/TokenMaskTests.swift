import Compute
import Sampling
import Testing
import Tokens

@Suite struct TokenMaskTests {
    private func draw(_ logits: [Float], _ parameters: SamplingParameters, allowing allowed: [Int]) -> TokenID {
        let sampler = Sampler(vocabularySize: logits.count, pool: WorkerPool(threadCount: 1))
        var mask = TokenMask(count: logits.count)
        for token in allowed {
            mask.insert(token)
        }
        var row = logits
        return row.withUnsafeMutableBufferPointer { row in
            let before = Array(row)
            let plan = SamplingPlan(parameters, stopping: [0])
            let sampled = sampler.read(
                SamplingRow(row, draw: (plan: plan, history: TokenHistory([1], promptCount: 1)), mask: mask))
            #expect(before.map(\.bitPattern) == row.map(\.bitPattern))
            return sampled.token ?? -1
        }
    }

    @Test func `only what a mask allows is drawn, whatever else is asked for`() {
        let logits = (0..<200).map { Float($0 % 17) }
        let allowed = [0, 63, 64, 130, 199]
        for seed in 0..<40 {
            for parameters in [
                SamplingParameters(seed: UInt64(seed)),
                SamplingParameters(topP: 0.1, topK: 2, minP: 0.5, seed: UInt64(seed)),
                SamplingParameters(logitBias: [7: 100], seed: UInt64(seed)),
                SamplingParameters(logitBias: [0: -100, 63: -100, 64: -100, 130: -100, 199: -100], seed: UInt64(seed)),
                SamplingParameters(seed: UInt64(seed), minimumTokens: 9),
            ] {
                #expect(allowed.contains(draw(logits, parameters, allowing: allowed).index))
            }
        }
        #expect(draw(logits, .greedy, allowing: allowed).index == 64)
        #expect(draw(logits, SamplingParameters(temperature: 0, minimumTokens: 5), allowing: [0]) == 0)
    }

    @Test func `a row without a number that is allowed gives the first that is`() {
        var logits = Array(repeating: Float(1), count: 100)
        logits[70] = .nan
        logits[71] = -.infinity
        #expect(draw(logits, SamplingParameters(), allowing: [70, 71]) == 70)
    }
}
