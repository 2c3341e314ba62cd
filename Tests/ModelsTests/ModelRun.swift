import Checkpoints
import Compute
import Foundation
import Models
import TestSupport
import Tokens

/// A model and one sequence in its cache: feeds tokens, hands back logits.
final class ModelRun {
    let model: any CausalLanguageModel
    private let storage: CacheBox
    private let blockTable: [Int32]
    private let window: Int
    private(set) var position = 0

    /// A cache that a class can hold.
    private final class CacheBox {
        let cache: KVCacheStorage
        init(_ cache: consuming KVCacheStorage) { self.cache = cache }
    }

    init(
        _ model: any CausalLanguageModel, format: KVCacheFormat = .f32, positionLimit: Int = 256, window: Int = 0
    ) throws {
        self.model = model
        self.window = window
        let blockCount = (positionLimit + 31) / 32
        storage = CacheBox(try model.makeCache(blockCount: blockCount, blockLength: 32, format: format))
        blockTable = (0..<Int32(blockCount)).reversed()
    }

    /// Runs tokens in one batch and answers the logits of the given ones of them.
    func feed(_ tokens: [Int], logitsAt wanted: Set<Int>) -> [[Float]] {
        var batch = TokenBatch()
        batch.beginSequence(blockTable: blockTable, window: window)
        for (index, token) in tokens.enumerated() {
            batch.append(token: TokenID(token), position: position + index, wantsLogits: wanted.contains(index))
        }
        position += tokens.count
        let logits = model.forward(batch, cache: storage.cache).logits
        return (0..<logits.rowCount).map { Array(logits.row($0)) }
    }

    /// The logits of the last of some tokens.
    func feed(_ tokens: [Int]) -> [Float] {
        feed(tokens, logitsAt: [tokens.count - 1])[0]
    }

    /// Continues greedily after a row of logits: the ids, and the logits that each was taken from.
    func continueGreedily(after logits: [Float], count: Int) -> (ids: [Int], logits: [[Float]]) {
        var rows = [logits]
        var ids: [Int] = []
        while ids.count < count {
            let id = rows[rows.count - 1].indexOfLargest
            ids.append(id)
            if ids.count < count { rows.append(feed([id])) }
        }
        return (ids, rows)
    }
}

extension ModelRun {
    /// Loads a checkpoint among the fixtures and prepares it for prompts of 200 tokens.
    static func load(
        _ path: String,
        threads: Int = 1,
        features: CPUFeatures = .current,
        activations: ActivationFormat = .f32,
        scaling: RopeScaling = RopeScaling(),
        logitRowLimit: Int = 64
    ) throws -> any CausalLanguageModel {
        try load(
            at: Fixtures.path("models/\(path)"),
            threads: threads,
            features: features,
            activations: activations,
            scaling: scaling,
            logitRowLimit: logitRowLimit
        )
    }

    /// Loads a checkpoint anywhere.
    static func load(
        at path: String,
        threads: Int = 1,
        features: CPUFeatures = .current,
        activations: ActivationFormat = .f32,
        scaling: RopeScaling = RopeScaling(),
        logitRowLimit: Int = 64
    ) throws -> any CausalLanguageModel {
        let pool = WorkerPool(threadCount: threads, features: features)
        let model = try ModelLoader.load(
            Checkpoint.open(path), pool: pool, weights: WeightOptions(activations: activations), scaling: scaling)
        model.prepare(rowLimit: 256, logitRowLimit: logitRowLimit)
        return model
    }
}

extension Array where Element == Float {
    /// The first index of the largest element. A plain loop: unoptimised tests run it over whole vocabularies.
    var indexOfLargest: Int {
        withUnsafeBufferPointer { values in
            var best = 0
            var index = 1
            while index < values.count {
                if values[index] > values[best] { best = index }
                index += 1
            }
            return best
        }
    }

    /// The largest difference between corresponding elements; infinite where the counts differ.
    func largestDifference(from other: some Collection<Float>) -> Float {
        guard count == other.count else { return .infinity }
        let other = Array(other)
        var largest: Float = 0
        var index = 0
        while index < count {
            let difference = abs(self[index] - other[index])
            if !(difference <= largest) { largest = difference }
            index += 1
        }
        return largest
    }

    /// How far the distribution of these logits is from another's, in nats: KL(other ‖ self).
    func divergence(from other: some Collection<Float>) -> Double {
        let (mine, theirs) = (logProbabilities(self), logProbabilities(other))
        return zip(mine, theirs).reduce(0) { sum, pair in sum + exp(pair.1) * (pair.1 - pair.0) }
    }
}

private func logProbabilities(_ logits: some Collection<Float>) -> [Double] {
    let largest = Double(logits.max() ?? 0)
    let sum = logits.reduce(0.0) { $0 + exp(Double($1) - largest) }
    return logits.map { Double($0) - largest - log(sum) }
}
