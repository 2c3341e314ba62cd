import Compute
import Foundation
import Sampling
import TestSupport
import Testing
import Tokens

@Suite struct LogProbabilityTests {
    private func report(
        _ logits: [Float], of token: TokenID, _ count: Int, limit: Int? = nil
    ) -> (logProbability: Float, alternatives: [TokenLogProbability]) {
        let sampler = Sampler(vocabularySize: logits.count, vocabularyLimit: limit, pool: WorkerPool(threadCount: 1))
        var logits = logits
        return logits.withUnsafeMutableBufferPointer { row in
            let distribution = sampler.read(SamplingRow(row, alternativeCount: count)).distribution
            return (distribution?.logProbability(of: token, in: row) ?? .nan, distribution?.alternatives ?? [])
        }
    }

    @Test func `they are the logarithms of the softmax of the raw logits`() {
        var generator = SeededGenerator(seed: 1)
        for count in [1, 2, 63, 64, 65, 1000] {
            let logits = (0..<count).map { _ in Float.random(in: -20...20, using: &generator) }
            let normalizer = log(logits.reduce(0) { $0 + exp(Double($1)) })
            let order = logits.indices.sorted { logits[$0] > logits[$1] }
            let token = Int.random(in: 0..<count, using: &generator)
            let result = report(logits, of: TokenID(token), 20)
            #expect(abs(Double(result.logProbability) - (Double(logits[token]) - normalizer)) < 1e-5)
            #expect(result.alternatives.map(\.id.index) == Array(order.prefix(20)))
            for alternative in result.alternatives {
                let exact = Double(logits[alternative.id.index]) - normalizer
                #expect(abs(Double(alternative.logProbability) - exact) < 1e-5)
            }
        }
    }

    @Test func `equal alternatives stand in the order of their ids`() {
        let result = report(Array(repeating: 1, count: 300), of: 5, 4)
        #expect(result.alternatives.map(\.id) == [0, 1, 2, 3])
        #expect(abs(result.logProbability + log(Float(300))) < 1e-5)
    }

    @Test func `padding counts in the distribution but is no alternative`() {
        let result = report([0, 1, 2, 3], of: 1, 20, limit: 2)
        #expect(result.alternatives.map(\.id) == [1, 0])
        let normalizer = log([0.0, 1, 2, 3].reduce(0.0) { $0 + exp($1) })
        #expect(abs(Double(result.logProbability) - (1 - normalizer)) < 1e-6)
    }

    @Test func `an id beyond the row has no probability`() {
        #expect(report([1, 2], of: 2, 0).logProbability == -.infinity)
        #expect(report([1, 2], of: -1, 0).logProbability == -.infinity)
    }

    @Test func `no alternatives are collected when none are asked for`() {
        #expect(report([1, 2], of: 0, 0).alternatives.isEmpty)
    }
}
