import Compute
import Foundation
import Sampling
import TestSupport
import Testing
import Tokens

/// Rows of a real vocabulary's size, read side by side.
@Suite struct RowsTests {
    private static let vocabularySize = 5003

    /// A step's rows, each with parameters of its own, some of them behind guesses or with log-probabilities.
    private struct Step {
        var logits: [[Float]]
        var plans: [SamplingPlan]
        var histories: [TokenHistory]
        var alternativeCounts: [Int?]

        init(rowCount: Int, isFlat: Bool, seed: UInt64) {
            var generator = SeededGenerator(seed: seed)
            let size = RowsTests.vocabularySize
            logits = (0..<rowCount).map { _ in
                (0..<size).map { _ in Float.random(in: isFlat ? -0.5...0.5 : -12...12, using: &generator) }
            }
            plans = (0..<rowCount).map { number in
                var parameters = SamplingParameters(seed: UInt64(number))
                parameters.temperature = [0, 0.6, 1, 1.7].randomElement(using: &generator) ?? 1
                parameters.topK = [0, 0, 20, 300].randomElement(using: &generator) ?? 0
                parameters.topP = [1, 0.95, 0.5].randomElement(using: &generator) ?? 1
                parameters.minP = [0, 0, 0.05].randomElement(using: &generator) ?? 0
                parameters.repetitionPenalty = [1, 1.2].randomElement(using: &generator) ?? 1
                parameters.presencePenalty = [0, 1.5].randomElement(using: &generator) ?? 0
                parameters.logitBias =
                    [[:], [3: 2, 900: -100], [7: 100, 8: 100, 4000: 100]].randomElement(
                        using: &generator) ?? [:]
                return SamplingPlan(parameters)
            }
            histories = (0..<rowCount).map { _ in
                let tokens = (0..<40).map { _ in TokenID(Int.random(in: 0..<size, using: &generator)) }
                return TokenHistory(
                    Array(tokens.prefix(30)), promptCount: 9,
                    guesses: tokens[30..<Int.random(in: 30...40, using: &generator)])
            }
            alternativeCounts = (0..<rowCount).map { [nil, 0, 20][$0 % 3] }
        }

        /// What each row comes to, as comparable text; and whether the logits are what they were.
        func read(threads: Int, set: InstructionSet, together: Bool) -> (results: [String], isUnchanged: Bool) {
            let pool = WorkerPool(threadCount: threads, features: .limited(to: set))
            let sampler = Sampler(
                vocabularySize: RowsTests.vocabularySize, vocabularyLimit: RowsTests.vocabularySize - 70, pool: pool)
            let copies = logits.map { row in
                let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: row.count)
                _ = copy.initialize(from: row)
                return copy
            }
            defer { copies.forEach { $0.deallocate() } }
            let rows = copies.indices.map { index in
                SamplingRow(
                    copies[index], draw: (plan: plans[index], history: histories[index]),
                    alternativeCount: alternativeCounts[index])
            }
            var results: [SampledRow] = []
            if together {
                sampler.read(rows, into: &results)
            } else {
                results = rows.map { sampler.read($0) }
            }
            return (results.map { "\($0)" }, zip(copies, logits).allSatisfy { Array($0) == $1 })
        }
    }

    @Test(arguments: [false, true])
    func `neither company nor threads nor the instruction set change what comes of a row`(isFlat: Bool) {
        let step = Step(rowCount: 48, isFlat: isFlat, seed: isFlat ? 5 : 6)
        let alone = step.read(threads: 1, set: .portable, together: false)
        #expect(alone.isUnchanged)
        for set in CPUFeatures.supportedSets {
            for threads in 1...3 {
                let beside = step.read(threads: threads, set: set, together: true)
                #expect(beside.results == alone.results, "\(set), \(threads) threads")
                #expect(beside.isUnchanged)
            }
        }
    }

    @Test func `draws of flat and steep rows keep to the plain definition`() {
        for isFlat in [false, true] {
            let step = Step(rowCount: 24, isFlat: isFlat, seed: isFlat ? 7 : 8)
            for (index, logits) in step.logits.enumerated() {
                var row = logits
                let sampler = Sampler(vocabularySize: logits.count, pool: WorkerPool(threadCount: 1))
                let token = row.withUnsafeMutableBufferPointer {
                    let draw = (plan: step.plans[index], history: step.histories[index])
                    return sampler.read(SamplingRow($0, draw: draw)).token
                }
                let history = step.histories[index]
                let distribution = ReferenceSampler(parameters: step.plans[index].parameters).distribution(
                    logits, tokens: history.tokens + history.guesses, promptCount: history.promptCount)
                #expect(distribution[token?.index ?? 0] > 0, "row \(index)")
            }
        }
    }

    /// The nucleus of a row whose logits rise evenly is known exactly, and the draws at both its ends.
    @Test func `the nucleus ends where its weight is reached`() {
        let count = 40_000
        let step: Float = 1e-4
        for topP in [0.3, 0.9, 0.999] as [Float] {
            var logits = (0..<count).map { Float($0 * 7919 % count) * step }
            let ratio = exp(-Double(step))
            let wanted = log(1 - Double(topP) * (1 - pow(ratio, Double(count)))) / log(ratio)
            var lowest = Float.infinity
            let sampler = Sampler(vocabularySize: count, pool: WorkerPool(threadCount: 1))
            for seed in 0..<3000 {
                let plan = SamplingPlan(SamplingParameters(topP: topP, seed: UInt64(seed)))
                let token = logits.withUnsafeMutableBufferPointer {
                    sampler.draw($0, plan: plan, tokens: [], promptCount: 0)
                }
                lowest = min(lowest, logits[token.index])
            }
            let place = Double(count) - 1 - Double(lowest / step)
            #expect(place <= wanted + 1)
            #expect(place >= wanted * 0.98)
        }
    }
}
