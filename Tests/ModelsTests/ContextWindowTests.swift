import Checkpoints
import Compute
import Models
import TestSupport
import Testing
import Tokens

/// Sequences of several factors of YaRN in one model.
@Suite struct ContextWindowTests {
    private static let byLength = RopeScaling(method: .byLength)

    @Test func everyFactorGivesTheLogitsOfTransformers() throws {
        let model = try ModelRun.load("dense-yarn/hf", scaling: Self.byLength)
        let reference = try ModelReference("dense-yarn")
        #expect(model.shape.windows.map(\.factor) == [1, 2, 4])
        for (factor, prompt) in try reference.factors {
            let window = try #require(model.shape.windows.firstIndex { $0.factor == factor })
            #expect(model.shape.windows.place(holding: prompt.ids.count) == window)
            let run = try ModelRun(model, window: window)
            let rows = run.feed(prompt.ids, logitsAt: Set(prompt.positions))
            for (index, row) in rows.enumerated() {
                #expect(row.largestDifference(from: prompt.row(index)) <= prompt.tolerance, "factor \(factor)")
            }
            let last = try #require(rows.last)
            #expect(run.continueGreedily(after: last, count: prompt.greedyIDs.count).ids == prompt.greedyIDs)
        }
        for prompt in try reference.prompts {
            let rows = try ModelRun(model, window: 2).feed(prompt.ids, logitsAt: Set(prompt.positions))
            for (index, row) in rows.enumerated() {
                #expect(row.largestDifference(from: prompt.row(index)) <= prompt.tolerance, "\(prompt.name)")
            }
        }
    }

    @Test func withinTheOriginalContextALongerOneChangesNoBit() throws {
        let checkpoint = try UnscaledCheckpoint()
        let plain = try ModelRun.load(at: checkpoint.path)
        let long = try ModelRun.load(at: checkpoint.path, scaling: RopeScaling(contextLength: 256))
        let declared = try ModelRun.load("dense-yarn/hf", scaling: Self.byLength)
        #expect(plain.shape.windows == [ContextWindow(length: 64)])
        #expect(long.shape.windows == declared.shape.windows)
        let tokens = (0..<64).map { $0 * 37 % 1490 }
        let expected = try ModelRun(plain).feed(tokens, logitsAt: Set(tokens.indices))
        #expect(try ModelRun(long).feed(tokens, logitsAt: Set(tokens.indices)) == expected)
        #expect(try ModelRun(declared).feed(tokens, logitsAt: Set(tokens.indices)) == expected)
        let stretched = try ModelRun(long, window: 1).feed(tokens, logitsAt: Set(tokens.indices))
        #expect(stretched != expected)
        #expect(try ModelRun(declared, window: 1).feed(tokens, logitsAt: Set(tokens.indices)) == stretched)
    }

    @Test func oneFactorForAllIsTheSameAsThatFactorByLength() throws {
        let tokens = (0..<50).map { $0 * 91 % 1490 }
        let several = try ModelRun.load("dense-yarn/hf", scaling: Self.byLength)
        for (window, factor) in [(0, nil), (1, 2.0), (2, 4)] {
            let method = factor == nil ? RopeScaling.Method.none : .yarn
            let one = try ModelRun.load("dense-yarn/hf", scaling: RopeScaling(method: method, factor: factor))
            #expect(try ModelRun(one).feed(tokens) == ModelRun(several, window: window).feed(tokens))
        }
    }

    /// Three sequences of the same tokens, each in a window of its own, in chunks of all lengths.
    @Test(arguments: [KVCacheFormat.f16, .q8_0])
    func factorsInOneBatchGiveTheBitsThatTheyGiveAlone(format: KVCacheFormat) throws {
        let model = try ModelRun.load("dense-yarn/hf", threads: 2, scaling: Self.byLength)
        let tokens = (0..<60).map { $0 * 53 % 1490 }
        let expected = try (0..<3).map { window in
            try ModelRun(model, format: format, positionLimit: 64, window: window)
                .feed(tokens, logitsAt: Set(tokens.indices))
        }
        #expect(expected[0] != expected[1] && expected[1] != expected[2])
        let cache = try model.makeCache(blockCount: 6, blockLength: 32, format: format)
        var found: [[[Float]]] = [[], [], []]
        var batch = TokenBatch()
        var step = 0
        while found.contains(where: { $0.count < tokens.count }) {
            batch.removeAll()
            var counts = [0, 0, 0]
            for window in [2, 0, 1] {
                let done = found[window].count
                counts[window] = min(1 + (step * 5 + window * 3) % 7, tokens.count - done)
                guard counts[window] > 0 else { continue }
                batch.beginSequence(blockTable: [Int32(window), Int32(window + 3)], window: window)
                for position in done..<done + counts[window] {
                    batch.append(token: TokenID(tokens[position]), position: position, wantsLogits: true)
                }
            }
            let logits = model.forward(batch, cache: cache).logits
            var row = 0
            for window in [2, 0, 1] {
                for _ in 0..<counts[window] {
                    found[window].append(Array(logits.row(row)))
                    row += 1
                }
            }
            step += 1
        }
        #expect(found == expected)
    }
}
