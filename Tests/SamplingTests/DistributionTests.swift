import Compute
import Foundation
import Sampling
import Testing
import Tokens

/// Many seeded draws against probabilities: of the plain definition, and of Hugging Face's logits processors.
@Suite struct DistributionTests {
    private static let drawCount = 3000

    /// Expects every frequency within five standard deviations, and nothing outside the support.
    private func expectDraws(
        _ logits: [Float], _ parameters: SamplingParameters, tokens: [TokenID], promptCount: Int,
        follow distribution: [Double], _ comment: Comment
    ) {
        let sampler = Sampler(vocabularySize: logits.count, pool: WorkerPool(threadCount: 1))
        var counts = Array(repeating: 0, count: logits.count)
        var row = logits
        var parameters = parameters
        for seed in 0..<Self.drawCount {
            parameters.seed = UInt64(seed)
            let plan = SamplingPlan(parameters)
            let token = row.withUnsafeMutableBufferPointer {
                sampler.draw($0, plan: plan, tokens: tokens, promptCount: promptCount)
            }
            counts[token.index] += 1
        }
        for (index, probability) in distribution.enumerated() {
            let expected = probability * Double(Self.drawCount)
            let deviation = (expected * (1 - probability)).squareRoot()
            #expect(abs(Double(counts[index]) - expected) <= 5 * deviation + 1e-9, comment)
        }
    }

    @Test(arguments: HuggingFaceCase.all) func `draws follow Hugging Face's processors`(_ sample: HuggingFaceCase) {
        let tokens = sample.tokens.map { TokenID($0) }
        expectDraws(
            HuggingFaceCase.logits, sample.parameters, tokens: tokens, promptCount: sample.promptCount,
            follow: sample.probabilities, "\(sample.name)")
        let reference = ReferenceSampler(parameters: sample.parameters)
            .distribution(HuggingFaceCase.logits, tokens: tokens, promptCount: sample.promptCount)
        for (own, other) in zip(reference, sample.probabilities) {
            #expect(abs(own - other) < 1e-5, "\(sample.name)")
        }
    }

    @Test func `the whole vocabulary is drawn from when nothing is filtered`() {
        let logits = (0..<200).map { Float($0 % 5) / 2 }
        let parameters = SamplingParameters(temperature: 1.3)
        let distribution = ReferenceSampler(parameters: parameters).distribution(logits, tokens: [0], promptCount: 1)
        expectDraws(logits, parameters, tokens: [0], promptCount: 1, follow: distribution, "unfiltered")
    }
}
