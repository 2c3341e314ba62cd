import Checkpoints
import Engine
import Models
import Serving
import TestSupport
import Testing

@testable import ponder

@Suite struct StartupPlanTests {
    private func plan(
        _ name: String = "Qwen3-30B-A3B", available: Int?, _ change: (inout ServeSettings) -> Void = { _ in }
    ) throws -> StartupPlan {
        var settings = ServeSettings()
        settings.model = name
        change(&settings)
        var limits = MachineLimits(processorCount: 2)
        limits.availableMemory = available
        return try StartupPlan(
            Checkpoint.open(Fixtures.path("qwen3/configs/\(name).config.json")), settings: settings, limits: limits)
    }

    private func refusal(_ plan: StartupPlan) -> String? {
        do {
            try plan.check()
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `a model that fits is not refused, whatever the cache's automatic size`() throws {
        for gibibytes in [60, 64, 100, 1_000] {
            let plan = try plan(available: gibibytes << 30)
            #expect(refusal(plan) == nil)
            #expect(plan.neededByteCount <= gibibytes << 30)
        }
        #expect(refusal(try plan(available: nil)) == nil)
    }

    @Test func `a model that does not fit is refused with the numbers and what helps`() throws {
        let plan = try plan(available: 16 << 30) { $0.context = 4_096 }
        #expect(
            refusal(plan) == """
                Qwen3-30B-A3B needs 57.2 GiB of memory (56.9 GiB of weights, 192 MiB of KV cache for 2048 tokens), and \
                16 GiB is free; what helps: a smaller quantisation, or --tile-cache FOLDER, which leaves the weights on \
                disk; --memory-limit \((plan.neededByteCount >> 20) + 1)MiB tries all the same
                """)
    }

    @Test func `a cache that is too large is what has to shrink, and the advice is enough`() throws {
        let plan = try plan("Qwen3-0.6B", available: 8 << 30) { $0.kvCacheMemory = 16 << 30 }
        let text = try #require(refusal(plan))
        let advice = try #require(text.split(separator: "--kv-cache-memory ").last?.prefix { $0 != "," && $0 != ";" })
        let size = try #require(ByteCount(String(advice)))
        #expect(size.value > 5 << 30)
        let smaller = try self.plan("Qwen3-0.6B", available: 8 << 30) { $0.kvCacheMemory = size.value }
        #expect(refusal(smaller) == nil)
    }

    @Test func `a memory limit takes the free memory's place, both ways`() throws {
        let plan = try plan(available: 16 << 30) { $0.memoryLimit = 64 << 30 }
        #expect(refusal(plan) == nil)
        let tight = try self.plan("Qwen3-0.6B", available: 64 << 30) { $0.memoryLimit = 1 << 30 }
        #expect(refusal(tight)?.contains("and 1 GiB is its limit") == true)
    }

    @Test func `a draft model counts with weights, scratch and cache`() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("qwen3/configs/Qwen3-0.6B.config.json"))
        let alone = try StartupPlan(checkpoint, settings: ServeSettings(), limits: MachineLimits(processorCount: 1))
        let both = try StartupPlan(
            checkpoint, draft: checkpoint, settings: ServeSettings(), limits: MachineLimits(processorCount: 1))
        #expect(both.weightByteCount == 2 * alone.weightByteCount)
        #expect(both.memory.scratchByteCount == 2 * alone.memory.scratchByteCount)
        // The cache's bytes are the same, and hold half as many tokens.
        #expect(abs(both.memory.cachedTokenCount - alone.memory.cachedTokenCount / 2) <= 32)
    }

    @Test func `mapped weights need no memory of their own`() throws {
        let plan = try plan(available: 8 << 30) {
            $0.tileCache = "/cache"
            $0.context = 4_096
        }
        #expect(refusal(plan) == nil)
        #expect(plan.neededByteCount < 8 << 30)
        #expect(plan.startByteCount > 56 << 30)
    }

    @Test func `a longer context is told with its factors, and only then`() throws {
        let plain = try plan("Qwen3-8B", available: nil)
        #expect(plain.stretching == nil && plain.contextNotices.isEmpty)
        let long = try plan("Qwen3-8B", available: 1 << 40) { $0.context = 131_072 }
        #expect(
            long.stretching
                == "YaRN by each request's length: factor 1 up to 40,960 tokens, 2 up to 65,536 tokens, "
                + "4 up to 131,072 tokens")
        #expect(long.contextNotices.isEmpty)
        #expect(long.memory.contextLength == 131_072)
        #expect(long.memory.scratchByteCount == plain.memory.scratchByteCount + 2 * 512)
        #expect(long.description.contains("factor 1 up to 40,960"))
        let tooLong = try plan("Qwen3-8B", available: 1 << 40) { $0.context = 200_000 }
        #expect(
            tooLong.contextNotices == ["A context of 200000 tokens was asked for; the model goes to 131072."])
        let tight = try plan("Qwen3-8B", available: 1 << 40) {
            $0.context = 131_072
            $0.kvCacheMemory = 8 << 30
        }
        #expect(
            tight.contextNotices == [
                "A context of 131072 tokens was asked for; the KV cache holds \(tight.memory.cachedTokenCount): "
                    + "see --kv-cache-memory."
            ])
        let small = try plan("Qwen3-0.6B", available: 1 << 40) { $0.context = 65_536 }
        #expect(small.contextNotices.last?.contains("4 billion") == true)
        let fixed = try plan("Qwen3-8B", available: 1 << 40) {
            $0.ropeScaling = RopeScaling(method: .yarn, factor: 2)
        }
        #expect(fixed.stretching == "YaRN with factor 2 for every request")
        #expect(fixed.memory.contextLength == 65_536)
    }

    @Test func `the table adds up`() throws {
        let plan = try plan("Qwen3-0.6B", available: 8 << 30) { $0.kvCacheMemory = 448 << 20 }
        let lines = plan.description.split(separator: "\n")
        let numbers = lines.compactMap { line -> (String, Double)? in
            guard let unit = line.range(of: " MiB") else { return nil }
            let head = line[..<unit.lowerBound]
            guard let space = head.lastIndex(of: " ") else { return nil }
            let number = Double(head[head.index(after: space)...].replacing(",", with: ""))
            return number.map { (head[..<space].trimmingCharacters(in: .whitespaces), $0) }
        }
        let table = Dictionary(numbers, uniquingKeysWith: { first, _ in first })
        let classes = ["embedding", "attention", "feed-forward", "norms"].compactMap { table[$0] }.reduce(0, +)
        let weights = try #require(table["weights"])
        #expect(abs(weights - classes) < 0.5)
        #expect(table["KV cache"] == 448)
        let parts = ["weights", "scratch", "program", "KV cache", "logits"].compactMap { table[$0] }.reduce(0, +)
        #expect(try abs(#require(table["total at most"]) - parts) < 0.5)
        #expect(table["available"] == 8_192)
    }
}
