import Compute
import Sampling
import TestSupport
import Testing
import Tokens

extension Sampler {
    /// What is found out about one row.
    func read(_ row: SamplingRow) -> SampledRow {
        var results: [SampledRow] = []
        read([row], into: &results)
        return results[0]
    }

    /// The token that is drawn of one row.
    func draw(
        _ logits: UnsafeMutableBufferPointer<Float>, plan: SamplingPlan, tokens: [TokenID], promptCount: Int
    ) -> TokenID {
        let history = TokenHistory(tokens, promptCount: promptCount)
        return read(SamplingRow(logits, draw: (plan: plan, history: history))).token ?? -1
    }
}

/// Draws from an array of logits.
func draw(
    _ logits: [Float], _ parameters: SamplingParameters, tokens: [TokenID] = [0], promptCount: Int = 1,
    stopping: Set<TokenID> = [], vocabularyLimit: Int? = nil
) -> TokenID {
    let sampler = Sampler(
        vocabularySize: logits.count, vocabularyLimit: vocabularyLimit, pool: WorkerPool(threadCount: 1))
    var logits = logits
    return logits.withUnsafeMutableBufferPointer {
        sampler.draw(
            $0, plan: SamplingPlan(parameters, stopping: stopping), tokens: tokens, promptCount: promptCount)
    }
}

@Suite struct SamplerTests {
    @Test func `greedy takes the highest logit, and the lowest id among equals`() {
        #expect(draw([1, 3, 2], .greedy) == 1)
        #expect(draw([1, 3, 2, 3], .greedy) == 1)
        var long = Array(repeating: Float(0), count: 1000)
        long[777] = 2
        long[901] = 2
        #expect(draw(long, .greedy) == 777)
    }

    @Test(arguments: [Float.leastNonzeroMagnitude, .leastNormalMagnitude / 8, .leastNormalMagnitude])
    func `a tiny temperature takes the highest logit`(temperature: Float) {
        for seed in 0..<20 {
            let parameters = SamplingParameters(temperature: temperature, topP: 0.9, topK: 3, seed: UInt64(seed))
            #expect(draw([1, 3, 2, -4], parameters) == 1)
        }
    }

    @Test func `what is not a number is never drawn`() {
        #expect(draw([.nan, 1, .nan, 2], .greedy) == 3)
        var logits = Array(repeating: Float.nan, count: 200)
        logits[130] = -3
        for seed in 0..<20 {
            #expect(draw(logits, SamplingParameters(seed: UInt64(seed))) == 130)
        }
        #expect(draw([.nan, .nan], SamplingParameters()).index < 2)
        #expect(draw([0, .infinity, 0], SamplingParameters()) == 1)
        #expect(draw([-.infinity, -.infinity], SamplingParameters()).index < 2)
    }

    @Test func `ids beyond the vocabulary are never drawn`() {
        let logits = (0..<100).map { Float($0) }
        #expect(draw(logits, .greedy, vocabularyLimit: 70) == 69)
        for seed in 0..<200 {
            #expect(draw(logits, SamplingParameters(temperature: 30, seed: UInt64(seed)), vocabularyLimit: 7).index < 7)
        }
    }

    @Test func `a token that is spared by biases competes with those that exclude all others`() {
        let plan = SamplingPlan(SamplingParameters(temperature: 0, logitBias: [1: 100, 2: 100, 3: -100]))
        func drawn(_ logits: [Float], _ reach: BiasReach) -> TokenID? {
            var logits = logits
            let history = TokenHistory([0], promptCount: 1, biasReach: reach)
            return logits.withUnsafeMutableBufferPointer {
                Sampler(vocabularySize: 5, pool: WorkerPool(threadCount: 1))
                    .read(SamplingRow($0, draw: (plan: plan, history: history))).token
            }
        }
        #expect(drawn([9, 1, 2, 3, 8], .everything) == 2)
        #expect(drawn([9, 1, 2, 3, 8], .everythingBut(3)) == 3)
        #expect(drawn([9, 1, 2, 1, 8], .everythingBut(3)) == 2)
        #expect(drawn([7, 1, 2, 9, 8], .nothing) == 3)
    }

    @Test func `what is banned is never drawn, wherever biases act`() {
        var logits: [Float] = [500, 1, 0]
        let plan = SamplingPlan(SamplingParameters(temperature: 0, bannedTokens: [0]))
        let history = TokenHistory([0], promptCount: 1, biasReach: .nothing)
        let token = logits.withUnsafeMutableBufferPointer {
            Sampler(vocabularySize: 3, pool: WorkerPool(threadCount: 1))
                .read(SamplingRow($0, draw: (plan: plan, history: history))).token
        }
        #expect(token == 1)
    }

    @Test func `a bias of minus 100 bans and one of 100 excludes all others`() {
        let logits: [Float] = [500, 1, 0, 0]
        #expect(draw(logits, SamplingParameters(temperature: 0, logitBias: [0: -100])) == 1)
        #expect(draw(logits, SamplingParameters(temperature: 0, logitBias: [3: 100])) == 3)
        #expect(draw(logits, SamplingParameters(temperature: 0, logitBias: [1: 5])) == 0)
        #expect(draw(logits, SamplingParameters(temperature: 0, logitBias: [99: 100, -5: 3, 2: .nan])).index < 4)
        let ban = Dictionary(uniqueKeysWithValues: (0..<4).map { (TokenID($0), Float(-100)) })
        #expect(draw(logits, SamplingParameters(logitBias: ban)) == 0)
    }

    @Test func `ends cannot be drawn before the minimum length`() {
        let parameters = SamplingParameters(temperature: 0, minimumTokens: 2)
        #expect(draw([9, 1, 2], parameters, tokens: [1], stopping: [0]) == 2)
        #expect(draw([9, 1, 2], parameters, tokens: [1, 2], stopping: [0]) == 2)
        #expect(draw([9, 1, 2], parameters, tokens: [1, 2, 2], stopping: [0]) == 0)
    }

    @Test func `senseless parameters do nothing`() {
        let parameters = SamplingParameters(
            temperature: -1, topP: .nan, topK: -5, minP: -1, presencePenalty: .infinity, frequencyPenalty: .nan,
            repetitionPenalty: 0)
        #expect(draw([1, 3, 2], parameters, tokens: [1, 1]) == 1)
    }

    @Test func `the same seed, choice and position draw the same token in any order`() {
        let logits = (0..<300).map { Float($0 % 17) / 4 }
        let sampler = Sampler(vocabularySize: 300, pool: WorkerPool(threadCount: 1))
        var row = logits
        let plans = (0..<10).map {
            SamplingPlan(SamplingParameters(seed: 7, choice: UInt32($0)))
        }
        func draws(_ order: [Int]) -> [Int: TokenID] {
            var result: [Int: TokenID] = [:]
            for index in order {
                result[index] = row.withUnsafeMutableBufferPointer {
                    sampler.draw($0, plan: plans[index], tokens: [1, 2, 3], promptCount: 1)
                }
            }
            return result
        }
        let forwards = draws(Array(0..<10))
        #expect(draws((0..<10).reversed()) == forwards)
        #expect(Set(forwards.values).count > 5)
    }

    @Test func `draws agree with the plain definition for random rows and parameters`() {
        var generator = SeededGenerator(seed: 42)
        for number in 0..<400 {
            let count = Int.random(in: 2...180, using: &generator)
            let isCoarse = Bool.random(using: &generator)
            let logits = (0..<count).map { _ in
                let value = Float.random(in: -6...6, using: &generator)
                return isCoarse ? value.rounded() : value
            }
            let parameters = randomParameters(count: count, seed: UInt64(number), &generator)
            let tokens = (0..<Int.random(in: 1...30, using: &generator)).map { _ in
                TokenID(Int.random(in: 0..<count, using: &generator))
            }
            let promptCount = Int.random(in: 1...tokens.count, using: &generator)
            let stopping: Set<TokenID> = [TokenID(count - 1)]
            let reference = ReferenceSampler(parameters: parameters, stopping: stopping)
            let distribution = reference.distribution(logits, tokens: tokens, promptCount: promptCount)
            let drawn = draw(logits, parameters, tokens: tokens, promptCount: promptCount, stopping: stopping)
            #expect(distribution[drawn.index] > 0, "case \(number): \(parameters)")
        }
    }

    private func randomParameters(
        count: Int, seed: UInt64, _ generator: inout SeededGenerator
    ) -> SamplingParameters {
        var parameters = SamplingParameters(seed: seed)
        parameters.temperature = [0, 0.6, 1, 1.7].randomElement(using: &generator) ?? 1
        parameters.topK = [0, 1, 5, 20, 500].randomElement(using: &generator) ?? 0
        parameters.topP = [1, 0.95, 0.5, 0.01].randomElement(using: &generator) ?? 1
        parameters.minP = [0, 0.05, 0.5].randomElement(using: &generator) ?? 0
        parameters.repetitionPenalty = [1, 1.3, 0.8].randomElement(using: &generator) ?? 1
        parameters.presencePenalty = [0, 1.5].randomElement(using: &generator) ?? 0
        parameters.frequencyPenalty = [0, 0.4].randomElement(using: &generator) ?? 0
        parameters.minimumTokens = [0, 8].randomElement(using: &generator) ?? 0
        if Bool.random(using: &generator) {
            parameters.logitBias = [0: 4, 1: -100]
        }
        return parameters
    }
}
