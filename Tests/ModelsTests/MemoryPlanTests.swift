import Checkpoints
import TestSupport
import Testing

@testable import Models

@Suite struct MemoryPlanTests {
    private func plan(_ path: String) throws -> MemoryPlan {
        try ModelLoader.describe(Checkpoint.open(Fixtures.path(path)))
    }

    /// Parameters without a tied head, and those that one token's pass reads.
    @Test(arguments: [
        ("Qwen3-0.6B", 596_049_920, 596_049_920),
        ("Qwen3-1.7B", 1_720_574_976, 1_720_574_976),
        ("Qwen3-4B", 4_022_468_096, 4_022_468_096),
        ("Qwen3-4B-Instruct-2507", 4_022_468_096, 4_022_468_096),
        ("Qwen3-8B", 8_190_735_360, 8_190_735_360),
        ("Qwen3-14B", 14_768_307_200, 14_768_307_200),
        ("Qwen3-32B", 32_762_123_264, 32_762_123_264),
        ("Qwen3-30B-A3B", 30_532_122_624, 3_353_032_704),
        ("Qwen3-235B-A22B", 235_093_634_560, 22_190_763_520),
    ])
    func publishedSizesHaveTheirPublishedParameters(name: String, parameters: Int, active: Int) throws {
        let plan = try plan("qwen3/configs/\(name).config.json")
        #expect(plan.name == name)
        #expect(plan.parameterCount == parameters)
        #expect(plan.activeParameterCount == active)
        #expect(plan.weightByteCount == 2 * parameters)
    }

    @Test func cacheBytesFollowLayersAndHeads() throws {
        let plan = try plan("qwen3/configs/Qwen3-30B-A3B.config.json")
        #expect(plan.cacheByteCountPerToken(.f16) == 48 * 2 * 4 * 128 * 2)
        #expect(plan.cacheByteCountPerToken(.f32) == 2 * plan.cacheByteCountPerToken(.bf16))
    }

    @Test func checkpointsCountTheirOwnBytes() throws {
        for path in ["moe/hf", "moe/gguf/moe-Q8_0.gguf", "dense-k/gguf/dense-k-Q4_K_M.gguf", "dense-untied/hf"] {
            let checkpoint = try Checkpoint.open(Fixtures.path("models/\(path)"))
            let plan = try ModelLoader.describe(checkpoint)
            #expect(plan.weightByteCount == checkpoint.tensors.reduce(0) { $0 + $1.byteCount })
            #expect(plan.residentByteCount >= plan.weightByteCount)
            #expect(plan.parameterCount == checkpoint.tensors.reduce(0) { $0 + $1.elementCount })
        }
    }

    @Test func residentWeightsAreWhatTheLoaderTakes() throws {
        for path in ["moe/hf", "moe/gguf/moe-Q8_0.gguf", "dense-k/gguf/dense-k-Q4_K_M.gguf", "dense-untied/hf"] {
            let checkpoint = try Checkpoint.open(Fixtures.path("models/\(path)"))
            let configuration = try ModelLoader.configuration(of: checkpoint)
            let locator = Qwen3WeightLocator(checkpoint: checkpoint, configuration: configuration)
            let taken = try configuration.weights.reduce(0) { sum, weight in
                let matrices =
                    weight.slot.isVector ? 0 : try Qwen3WeightReader.residentByteCount(of: locator.sources(of: weight))
                return sum + (weight.slot.isVector ? 4 * weight.columns : matrices)
            }
            #expect(try ModelLoader.describe(checkpoint).residentByteCount == taken)
        }
    }

    @Test(arguments: ["dense-tied/hf", "moe/hf"])
    func scratchGrowsByWhatThePlanSays(path: String) throws {
        let configuration = try ModelLoader.configuration(of: Checkpoint.open(Fixtures.path("models/\(path)")))
        let size = { (rows: Int) in Qwen3Scratch(configuration, rowLimit: rows, logitRowLimit: 0).byteCount }
        #expect(size(96) - size(32) == 64 * Qwen3Scratch.byteCountPerRow(configuration))
    }

    @Test func thePlanPrintsAsATable() throws {
        let text = try plan("qwen3/configs/Qwen3-30B-A3B.config.json").description
        #expect(
            text == """
                model             Qwen3-30B-A3B
                architecture      Qwen3 mixture of experts (128 experts, 8 per token)
                layers            48
                hidden size       2048
                heads             32 query, 4 key/value, of 128 dimensions
                vocabulary        151,936
                context           40,960 tokens
                parameters        30,532,122,624 (30.5 B)
                active per token  3,353,032,704 (3.4 B)

                weights        parameters      bytes  format
                embedding     311,164,928  593.5 MiB  BF16
                attention     905,969,664    1.7 GiB  BF16
                experts    28,991,029,248   54.0 GiB  BF16
                router         12,582,912   24.0 MiB  BF16
                norms             210,944  412.0 KiB  BF16
                head          311,164,928  593.5 MiB  BF16
                total      30,532,122,624   56.9 GiB

                KV cache, f32   192.0 KiB a token, 7.5 GiB for the whole context
                KV cache, f16   96.0 KiB a token, 3.8 GiB for the whole context
                KV cache, bf16  96.0 KiB a token, 3.8 GiB for the whole context
                KV cache, q8_0  51.0 KiB a token, 2.0 GiB for the whole context
                """
        )
    }
}
