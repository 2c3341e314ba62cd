internal import Checkpoints

extension Qwen3Configuration {
    /// Reads a GGUF file's keys (`qwen3.*` or `qwen3moe.*`).
    ///
    /// GGUF has no key for an unnormalised router, so that its mixtures are taken as normalised; and it says that the
    /// head is the embedding by holding no `output.weight`, and that there are biases by holding them.
    init(metadata: GGUFMetadata, checkpoint: Checkpoint) throws(ModelError) {
        let source = checkpoint.name
        let architecture = try metadata.reading { () throws(CheckpointError) in
            try metadata.string("general.architecture")
        }
        guard let architecture, architecture == "qwen3" || architecture == "qwen3moe" else {
            throw .unsupportedArchitecture(source: source, found: architecture ?? "no general.architecture")
        }
        let keys = GGUFSettings(metadata: metadata, prefix: architecture, source: source)
        hiddenSize = try keys.integer("embedding_length", in: Qwen3Limits.width)
        layerCount = try keys.integer("block_count", in: Qwen3Limits.layerCount)
        headCount = try keys.integer("attention.head_count", in: Qwen3Limits.headCount)
        keyValueHeadCount =
            try keys.optionalInteger("attention.head_count_kv", in: Qwen3Limits.headCount) ?? headCount
        headDimension =
            try keys.optionalInteger("attention.key_length", in: Qwen3Limits.headDimension) ?? hiddenSize / headCount
        for key in ["attention.value_length", "rope.dimension_count"] {
            try keys.require(key, headDimension, "heads of one width are computed, \(headDimension) here")
        }
        try keys.require("attention.sliding_window", 0, "attention over a sliding window is not computed")
        vocabularySize = try Qwen3Configuration.vocabularySize(keys, checkpoint)
        let positions = try keys.integer("context_length", in: Qwen3Limits.contextLength)
        positionCount = positions
        normEpsilon = Float(try keys.number("attention.layer_norm_rms_epsilon") ?? 1e-6)
        hasAttentionBiases = checkpoint.tensor(named: "blk.0.attn_q.bias") != nil
        head = checkpoint.tensor(named: "output.weight") == nil ? .embedding : .own
        if architecture == "qwen3moe" {
            let mixture = try Mixture(keys)
            self.mixture = mixture
            feedForwardSize =
                try keys.optionalInteger("feed_forward_length", in: Qwen3Limits.width) ?? mixture.feedForwardSize
        } else {
            feedForwardSize = try keys.integer("feed_forward_length", in: Qwen3Limits.width)
        }
        rotary = try RotarySettings(keys, contextLength: positions)
        try rotary.check(source: source)
        contextLength = rotary.contextLength(of: positions)
        try check(source: source)
    }

    private static func vocabularySize(_ keys: GGUFSettings, _ checkpoint: Checkpoint) throws(ModelError) -> Int {
        if let rows = checkpoint.tensor(named: "token_embd.weight")?.shape.first,
            Qwen3Limits.vocabularySize.contains(rows)
        {
            return rows
        }
        return try keys.integer("vocab_size", in: Qwen3Limits.vocabularySize)
    }
}

extension Qwen3Configuration.Mixture {
    fileprivate init(_ keys: GGUFSettings) throws(ModelError) {
        expertCount = try keys.integer("expert_count", in: Qwen3Limits.expertCount)
        activeExpertCount = try keys.integer("expert_used_count", in: Qwen3Limits.expertCount)
        feedForwardSize = try Self.feedForwardSize(keys, activeExpertCount)
        normalizesWeights = true
        try keys.require("expert_shared_count", 0, "Qwen3 has no shared experts")
    }

    /// Where the key is missing, llama.cpp shares the dense width out among the experts that a token visits.
    private static func feedForwardSize(_ keys: GGUFSettings, _ activeCount: Int) throws(ModelError) -> Int {
        if let size = try keys.optionalInteger("expert_feed_forward_length", in: Qwen3Limits.width) { return size }
        return max(1, try keys.integer("feed_forward_length", in: Qwen3Limits.width) / activeCount)
    }
}

extension RotarySettings {
    fileprivate init(_ keys: GGUFSettings, contextLength: Int) throws(ModelError) {
        base = try keys.number("rope.freq_base") ?? 10_000
        switch try keys.string("rope.scaling.type") {
        case "none":
            break
        case "linear", nil:
            // A factor alone means linear scaling, under its old name too; none or 0 means no scaling.
            var factor = try keys.number("rope.scaling.factor")
            if factor == nil { factor = try keys.number("rope.scale_linear") }
            if let factor, factor != 0, factor != 1 { scaling = .linear(factor: factor) }
        case "yarn":
            scaling = .yarn(try YaRN(keys, contextLength: contextLength))
        case .some(let type):
            throw .unsupportedSetting(
                source: keys.source,
                key: "rope.scaling.type",
                found: type,
                reason: "Ponder computes none, linear and yarn"
            )
        }
    }
}

extension RotarySettings.YaRN {
    /// `yarn_attn_factor` is where the converter puts transformers' `attention_factor`, which replaces the one that
    /// follows from the factor; llama.cpp's own `attn_factor` multiplies it.
    fileprivate init(_ keys: GGUFSettings, contextLength: Int) throws(ModelError) {
        let original = try keys.optionalInteger(
            "rope.scaling.original_context_length",
            in: Qwen3Limits.contextLength
        )
        originalContextLength = original ?? contextLength
        factor = try keys.number("rope.scaling.factor") ?? Double(contextLength) / Double(originalContextLength)
        fastRotations = try keys.number("rope.scaling.yarn_beta_fast") ?? 32
        slowRotations = try keys.number("rope.scaling.yarn_beta_slow") ?? 1
        let replacement = try keys.number("rope.scaling.yarn_attn_factor")
        let multiplier = try keys.number("rope.scaling.attn_factor")
        attentionFactor = (replacement ?? Self.attentionFactor(factor)) * (multiplier ?? 1)
        if let extrapolation = try keys.number("rope.scaling.yarn_ext_factor"), extrapolation != 1, extrapolation >= 0 {
            throw .unsupportedSetting(
                source: keys.source,
                key: "rope.scaling.yarn_ext_factor",
                found: "\(extrapolation)",
                reason: "Ponder computes YaRN with its full ramp"
            )
        }
    }
}
