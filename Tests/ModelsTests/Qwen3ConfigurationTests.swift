import Checkpoints
import JSON
import TestSupport
import Testing

@testable import Models

@Suite struct Qwen3ConfigurationTests {
    private static let dense = """
        {"model_type":"qwen3","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,\
        "head_dim":32,"vocab_size":100,"intermediate_size":96,"max_position_embeddings":256,"rms_norm_eps":1e-6,\
        "rope_theta":1000000,"tie_word_embeddings":true}
        """
    private static let mixture: [(String, JSONValue)] = [
        ("model_type", "qwen3_moe"), ("num_experts", 8), ("num_experts_per_tok", 2), ("moe_intermediate_size", 32),
        ("num_hidden_layers", 6),
    ]

    private func read(_ changes: [(String, JSONValue?)] = []) throws -> Qwen3Configuration {
        var object = try #require(JSONValue(parsing: Self.dense).objectValue)
        for (key, value) in changes { object[key] = value }
        return try Qwen3Configuration(configuration: object, source: "config.json")
    }

    private func refusal(_ changes: [(String, JSONValue?)]) -> String {
        do {
            _ = try read(changes)
            return "it was read"
        } catch {
            return "\(error)"
        }
    }

    @Test func bothSpellingsMeanTheSame() throws {
        let published = try read([("rope_theta", 5e6), ("torch_dtype", "bfloat16")])
        let five = try read([
            ("rope_theta", nil), ("dtype", "bfloat16"),
            ("rope_parameters", ["rope_theta": 5e6, "rope_type": "default"]),
            ("layer_types", ["full_attention", "full_attention"]),
        ])
        #expect(published == five)
        #expect(published.rotary.base == 5e6)
        let mixture = try read(Self.mixture)
        let local = try read(Self.mixture + [("num_experts", nil), ("num_local_experts", 8)])
        #expect(mixture == local)
    }

    @Test func biasesAreReadWhereTheyAreSaidToBe() throws {
        #expect(try !read().hasAttentionBiases)
        let biased = try read([("attention_bias", true)])
        #expect(biased.hasAttentionBiases)
        let added =
            biased.weights.reduce(0) { $0 + $1.elementCount } - (try read()).weights.reduce(0) { $0 + $1.elementCount }
        #expect(added == 2 * (4 * 32 + 2 * 2 * 32 + 64))
    }

    @Test func missingKeysHaveTheFamilysDefaults() throws {
        let configuration = try read([
            ("head_dim", nil), ("num_key_value_heads", nil), ("rope_theta", nil), ("rms_norm_eps", nil),
            ("tie_word_embeddings", nil), ("max_position_embeddings", .null),
        ])
        #expect(configuration.headDimension == 128)
        #expect(configuration.keyValueHeadCount == 4)
        #expect(configuration.rotary == RotarySettings(base: 10_000))
        #expect(configuration.normEpsilon == 1e-6)
        #expect(configuration.head == .own)
        #expect(configuration.contextLength == 32_768)
        let mixture = try read(Self.mixture + [("head_dim", nil)])
        #expect(mixture.headDimension == 16)
        #expect(mixture.mixture?.normalizesWeights == false)
    }

    @Test func sparseLayersFollowStepAndList() throws {
        let every = try read(Self.mixture)
        #expect((0..<6).allSatisfy { every.isSparse(layer: $0) })
        let mixed = try read(Self.mixture + [("decoder_sparse_step", 2), ("mlp_only_layers", [0, 3])])
        #expect((0..<6).filter { mixed.isSparse(layer: $0) } == [1, 5])
        #expect(try (0..<2).contains { try read().isSparse(layer: $0) } == false)
    }

    @Test func yarnIsReadInItsSpellings() throws {
        let scaling: JSONValue = ["type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128]
        let configuration = try read([("rope_scaling", scaling)])
        guard case .yarn(let yarn) = configuration.rotary.scaling else { throw YaRNMissing() }
        #expect(yarn.factor == 4)
        #expect(abs(yarn.attentionFactor - 1.138_629_436_111_989) < 1e-12)
        #expect(yarn.fastRotations == 32 && yarn.slowRotations == 1 && yarn.truncatesRamp)
        #expect(configuration.contextLength == 512)
        let full = try read([
            (
                "rope_parameters",
                [
                    "rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 128, "rope_theta": 7e5,
                    "attention_factor": 1.5, "beta_fast": 16, "beta_slow": 2, "truncate": false,
                ]
            )
        ])
        let expected = RotarySettings.YaRN(
            factor: 2,
            originalContextLength: 128,
            fastRotations: 16,
            slowRotations: 2,
            truncatesRamp: false,
            attentionFactor: 1.5
        )
        #expect(full.rotary == RotarySettings(base: 7e5, scaling: .yarn(expected)))
    }

    private struct YaRNMissing: Error {}

    @Test func whatIsNotComputedIsRefused() {
        #expect(refusal([("hidden_act", "gelu")]).contains("hidden_act is \"gelu\""))
        #expect(refusal([("quantization_config", ["bits": 4])]).contains("Ponder reads fp8, gptq, awq"))
        #expect(
            refusal([("rope_scaling", ["rope_type": "llama3"])]).contains("Ponder computes default, linear and yarn"))
        let window: [(String, JSONValue?)] = [("use_sliding_window", true), ("sliding_window", 128)]
        #expect(refusal(window + [("max_window_layers", 1)]).contains("sliding window"))
        #expect(refusal(window + [("max_window_layers", 2)]) == "it was read")
        #expect(refusal([("layer_types", ["sliding_attention", "full_attention"])]).contains("sliding window"))
        #expect(
            refusal([("rope_parameters", ["partial_rotary_factor": 0.5])]).contains("partial_rotary_factor is 0.5"))
        #expect(refusal([("model_type", "llama")]).contains("found llama"))
        #expect(refusal([("architectures", ["Qwen3ForTokenClassification"])]).contains("TokenClassification"))
    }

    /// As transformers has it: no key means 4096, null means none, mixtures have a window in all layers or in none.
    @Test func windowsThatHideNothingAreRead() {
        let isOn: [(String, JSONValue?)] = [("use_sliding_window", true), ("max_window_layers", 0)]
        #expect(refusal(isOn + [("sliding_window", 255)]).contains("sliding window"))
        #expect(refusal(isOn + [("sliding_window", 256)]) == "it was read")
        #expect(refusal(isOn + [("sliding_window", .null)]) == "it was read")
        #expect(refusal(isOn + [("max_position_embeddings", 4097)]).contains("sliding window"))
        #expect(refusal(isOn + [("max_position_embeddings", 4096)]) == "it was read")
        let mixture = Self.mixture + [("use_sliding_window", true), ("max_window_layers", 28)]
        #expect(refusal(mixture + [("sliding_window", 128)]).contains("sliding window"))
        #expect(refusal(mixture + [("sliding_window", 256)]) == "it was read")
    }

    @Test func theTwoSpellingsOfScalingMustNotContradict() throws {
        let yarn: JSONValue = ["rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128]
        let parameters: JSONValue = ["rope_type": "default", "rope_theta": 1_000_000]
        let both = refusal([("rope_parameters", parameters), ("rope_scaling", yarn)])
        #expect(both.contains("rope_parameters says something else"))
        #expect(refusal([("rope_parameters", yarn), ("rope_scaling", yarn)]) == "it was read")
        #expect(refusal([("rope_parameters", parameters), ("rope_scaling", [:])]) == "it was read")
        #expect(refusal([("rope_parameters", parameters), ("rope_scaling", .null)]) == "it was read")
    }

    @Test(arguments: [-1e300, -1, 0, 1e300] as [JSONValue])
    func scalingFactorsOutOfRangeAreRefused(factor: JSONValue) {
        let scaling: JSONValue = ["rope_type": "yarn", "factor": factor, "rope_theta": 1e6]
        #expect(refusal([("rope_scaling", scaling)]).contains("the rotary scaling factor"))
    }

    @Test(arguments: [
        "hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size", "intermediate_size",
    ]) func requiredKeysAreNamed(key: String) {
        #expect(refusal([(key, nil)]).contains("expected a whole number for \(key), found nothing"))
        for wrong: JSONValue in [0, -1, 1.5, "64", true, [], 1e30, 9_223_372_036_854_775_807] {
            #expect(refusal([(key, wrong)]).contains("for \(key)"))
        }
    }

    @Test func contradictionsAreRefused() {
        #expect(refusal([("num_key_value_heads", 3)]).contains("a divisor of the 4 query heads"))
        #expect(refusal([("head_dim", 31)]).contains("an even number"))
        #expect(refusal([("rms_norm_eps", 0)]).contains("a positive number"))
        #expect(refusal([("rope_theta", 1)]).contains("rotary base"))
        #expect(refusal(Self.mixture + [("num_experts_per_tok", 9)]).contains("at most 8"))
        #expect(refusal(Self.mixture + [("mlp_only_layers", [6])]).contains("layers below 6"))
        #expect(refusal([("rope_scaling", ["rope_type": "yarn", "factor": -1])]).contains("scaling factor"))
        #expect(refusal([("rope_scaling", "yarn")]).contains("an object for rope_scaling"))
    }

    @Test func planningTheLargestLegalSettingsDoesNotOverflow() throws {
        let configuration = try read(
            Self.mixture + [
                ("hidden_size", 262_144), ("num_hidden_layers", 4096), ("num_attention_heads", 4096),
                ("head_dim", 256),
                ("num_key_value_heads", 4096), ("vocab_size", 16_777_216), ("intermediate_size", 262_144),
                ("moe_intermediate_size", 262_144), ("num_experts", 1024), ("max_position_embeddings", 33_554_432),
            ]
        )
        #expect(configuration.weights.reduce(0) { $0 + 4 * $1.elementCount } > 0)
        #expect(configuration.shape.cachedValuesPerToken * 4 * configuration.contextLength > 0)
    }

    @Test(arguments: [
        ("dense-tied", "Q8_0"), ("dense-untied", "Q8_0"), ("dense-yarn", "Q8_0"), ("dense-k", "Q4_K_M"),
        ("moe", "Q8_0"),
    ]) func ggufKeysMeanWhatTheConfigurationMeans(name: String, type: String) throws {
        let folder = try Checkpoint.open(Fixtures.path("models/\(name)/hf"))
        let file = try Checkpoint.open(Fixtures.path("models/\(name)/gguf/\(name)-\(type).gguf"))
        let plain = try ModelLoader.configuration(of: folder)
        var quantised = try ModelLoader.configuration(of: file)
        quantised.feedForwardSize = plain.feedForwardSize
        #expect(plain == quantised)
    }
}
