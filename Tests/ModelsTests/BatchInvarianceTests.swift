import Compute
import Models
import TestSupport
import Testing
import Tokens

/// A row's logits are the same bits in any company, however its prompt was cut, on any number of threads.
@Suite struct BatchInvarianceTests {
    static let checkpoints = [
        "dense-tied/hf", "dense-k/gguf/dense-k-Q4_K_M.gguf", "dense-yarn/hf", "moe/gguf/moe-Q8_0.gguf", "moe-mixed/hf",
    ]
    private static let length = 37

    /// The prompt of a seed, of a vocabulary's first 512 tokens at most.
    private static func prompt(_ seed: Int, length: Int = length, vocabularySize: Int = 512) -> [Int] {
        (0..<length).map { (seed &* 7919 &+ $0 &* 104_729 &+ $0 &* $0 &* 31) % min(512, vocabularySize) }
    }

    private static func alone(_ model: any CausalLanguageModel, format: KVCacheFormat = .f16) throws -> [[Float]] {
        let tokens = prompt(1, vocabularySize: model.shape.vocabularySize)
        return try ModelRun(model, format: format, positionLimit: 64).feed(tokens, logitsAt: Set(tokens.indices))
    }

    @Test(arguments: checkpoints, [KVCacheFormat.f16, .q8_0])
    func everyChunkLengthGivesTheSameBits(path: String, format: KVCacheFormat) throws {
        let model = try ModelRun.load(path)
        let expected = try Self.alone(model, format: format)
        #expect(expected.allSatisfy { $0.allSatisfy(\.isFinite) })
        for chunk in 1...Self.length {
            let run = try ModelRun(model, format: format, positionLimit: 64)
            var rows: [[Float]] = []
            for start in stride(from: 0, to: Self.length, by: chunk) {
                let part = Array(Self.prompt(1)[start..<min(start + chunk, Self.length)])
                rows += run.feed(part, logitsAt: Set(part.indices))
            }
            #expect(rows == expected, "chunks of \(chunk)")
        }
    }

    @Test(arguments: checkpoints) func twoThreadsGiveTheBitsOfOne(path: String) throws {
        for format in KVCacheFormat.allCases {
            let one = try Self.alone(ModelRun.load(path), format: format)
            let two = try Self.alone(ModelRun.load(path, threads: 2), format: format)
            #expect(one == two, "\(format)")
        }
    }

    @Test(arguments: CPUFeatures.supportedSets.dropLast()) func instructionSetsAgree(set: InstructionSet) throws {
        for path in ["moe/gguf/moe-Q8_0.gguf", "dense-tied/hf"] {
            let tokens = Self.prompt(3, length: 5)
            let plain = try ModelRun(ModelRun.load(path, features: .limited(to: set)), format: .f16)
            let fast = try ModelRun(ModelRun.load(path), format: .f16)
            #expect(plain.feed(tokens, logitsAt: [2, 4]) == fast.feed(tokens, logitsAt: [2, 4]))
        }
    }

    /// The last layer computes what is wanted alone: a few rows here and there, one, none.
    @Test(arguments: checkpoints + ["dense-bias/hf"], [KVCacheFormat.f16, .q8_0])
    func rowsThatNobodyReadsChangeNothing(path: String, format: KVCacheFormat) throws {
        let model = try ModelRun.load(path, threads: 2)
        let expected = try Self.alone(model, format: format)
        let prompt = Self.prompt(1, vocabularySize: model.shape.vocabularySize)
        let last = Self.length - 1
        for wanted in [[], [0], [last], [0, 1, 2, 9, 20, 21, last], Array(1...last), Array(0..<last)] {
            let run = try ModelRun(model, format: format, positionLimit: 64)
            let rows = run.feed(Array(prompt[..<last]), logitsAt: Set(wanted.filter { $0 < last }))
            let end = run.feed([prompt[last]], logitsAt: [0])
            #expect(rows == wanted.filter { $0 < last }.map { expected[$0] }, "\(wanted)")
            #expect(end == [expected[last]], "behind \(wanted)")
            let whole = try ModelRun(model, format: format, positionLimit: 64)
            #expect(whole.feed(prompt, logitsAt: Set(wanted)) == wanted.map { expected[$0] }, "\(wanted)")
        }
    }

    /// Sixteen sequences, of which the tenth is watched: prompts of all lengths, in chunks of all lengths, decoding mixed in.
    @Test(arguments: checkpoints, [KVCacheFormat.f16, .q8_0])
    func companyChangesNothing(path: String, format: KVCacheFormat) throws {
        let model = try ModelRun.load(path, threads: 2)
        let expected = try Self.alone(model, format: format)
        let company = 16
        let watched = 10
        let cache = try model.makeCache(blockCount: 2 * company, blockLength: 32, format: format)
        var done = [Int](repeating: 0, count: company)
        var rows: [[Float]] = []
        var batch = TokenBatch()
        var step = 0
        while rows.count < Self.length {
            batch.removeAll()
            var watchedRows = 0
            for sequence in 0..<company {
                let chunk = sequence == watched ? 1 + step * 5 % 9 : 1 + (sequence * 3 + step) % 11
                let count = min(chunk, Self.length - done[sequence])
                guard count > 0 else { continue }
                let tokens = sequence == watched ? Self.prompt(1) : Self.prompt(sequence + 20)
                batch.beginSequence(blockTable: [Int32(company + sequence), Int32(sequence)])
                for position in done[sequence]..<done[sequence] + count {
                    let wantsLogits = sequence == watched || position % 7 == 0
                    batch.append(token: TokenID(tokens[position]), position: position, wantsLogits: wantsLogits)
                }
                if sequence == watched { watchedRows = count }
                done[sequence] += count
            }
            rows += watchedLogits(model.forward(batch, cache: cache).logits, batch, watchedRows, span: watched)
            step += 1
        }
        #expect(rows == expected)
    }

    /// The watched sequence's logits: those of the batch's rows that are its own.
    private func watchedLogits(
        _ logits: Logits,
        _ batch: borrowing TokenBatch,
        _ count: Int,
        span watched: Int
    ) -> [[Float]] {
        let table = Int32(16 + watched)
        let tables = batch.blockTables
        guard let span = batch.spans.first(where: { tables[Int($0.firstBlock)] == table }) else { return [] }
        let mine = span.firstRow..<span.firstRow + Int32(count)
        let wanted = batch.logitRows
        return wanted.indices.filter { mine.contains(wanted[$0]) }.map { Array(logits.row($0)) }
    }
}
