internal import JSON

extension Qwen3Configuration {
    /// Reads a config.json, in the published spelling or in that of transformers 5 (`rope_parameters`, `dtype`,
    /// `num_local_experts`). Keys that are not there have transformers' defaults.
    init(configuration object: JSONObject, source: String) throws(ModelError) {
        let reader = SettingsReader(source: source, object: object)
        let architecture = try Qwen3Architecture(reader)
        let isMixture = architecture.isMixture
        try Qwen3Configuration.refuseUnsupported(reader)
        hiddenSize = try reader.integer("hidden_size", in: Qwen3Limits.width)
        layerCount = try reader.integer("num_hidden_layers", in: Qwen3Limits.layerCount)
        headCount = try reader.integer("num_attention_heads", in: Qwen3Limits.headCount)
        keyValueHeadCount = try reader.optionalInteger("num_key_value_heads", in: Qwen3Limits.headCount) ?? headCount
        let defaultDimension = isMixture ? hiddenSize / headCount : 128
        headDimension = try reader.optionalInteger("head_dim", in: Qwen3Limits.headDimension) ?? defaultDimension
        vocabularySize = try reader.integer("vocab_size", in: Qwen3Limits.vocabularySize)
        let positions = try reader.optionalInteger("max_position_embeddings", in: Qwen3Limits.contextLength) ?? 32_768
        positionCount = positions
        normEpsilon = Float(try reader.number("rms_norm_eps") ?? 1e-6)
        hasAttentionBiases = try reader.bool("attention_bias") ?? false
        let tiesEmbeddings = try reader.bool("tie_word_embeddings") ?? false
        head = tiesEmbeddings ? .embedding : architecture.hasHead ? .own : .none
        feedForwardSize = try reader.integer("intermediate_size", in: Qwen3Limits.width)
        mixture = isMixture ? try Mixture(reader, layerCount: layerCount) : nil
        if let quantization = try reader.nested("quantization_config") {
            storedQuantization = try StoredQuantization(quantization)
        }
        rotary = try RotarySettings(reader, contextLength: positions)
        try rotary.check(source: source)
        contextLength = rotary.contextLength(of: positions)
        try refuseSlidingWindow(reader)
        try check(source: source)
    }

    private static func refuseUnsupported(_ reader: SettingsReader) throws(ModelError) {
        if let activation = try reader.string("hidden_act"), activation != "silu" {
            throw reader.unsupported("hidden_act", "only silu is computed")
        }
        if let factor = try reader.number("partial_rotary_factor"), factor != 1 {
            throw reader.unsupported("partial_rotary_factor", "Qwen3 turns whole heads")
        }
    }

    /// Refuses a window that some layer's attention would not see past. One as long as the context hides nothing.
    ///
    /// Mixtures have no setting by layer: with a window, transformers gives it to all of theirs.
    private mutating func refuseSlidingWindow(_ reader: SettingsReader) throws(ModelError) {
        let reason = "attention over a sliding window is not computed"
        let types = reader.value("layer_types")?.arrayValue ?? []
        let isOn = try reader.bool("use_sliding_window") ?? false
        let window = try slidingWindow(reader)
        if isOn, let window, window >= contextLength {
            slidingWindow = window
            return
        }
        if types.contains(where: { $0.stringValue != "full_attention" }) {
            throw reader.unsupported("layer_types", reason)
        }
        guard isOn, window != nil else { return }
        let first = try reader.optionalInteger("max_window_layers", in: 0...Int(Int32.max)) ?? 28
        if mixture != nil || (types.isEmpty && first < layerCount) {
            throw reader.unsupported("use_sliding_window", reason)
        }
    }

    /// The window that `use_sliding_window` turns on: 4096 where the key is not there, none where it holds null.
    private func slidingWindow(_ reader: SettingsReader) throws(ModelError) -> Int? {
        guard reader.object.contains(key: "sliding_window") else { return 4096 }
        return try reader.optionalInteger("sliding_window", in: 1...Int(Int32.max))
    }
}

extension Qwen3Configuration.Mixture {
    fileprivate init(_ reader: SettingsReader, layerCount: Int) throws(ModelError) {
        let published = try reader.optionalInteger("num_experts", in: Qwen3Limits.expertCount)
        expertCount =
            if let published { published } else { try reader.integer("num_local_experts", in: Qwen3Limits.expertCount) }
        activeExpertCount = try reader.integer("num_experts_per_tok", in: Qwen3Limits.expertCount)
        feedForwardSize = try reader.integer("moe_intermediate_size", in: Qwen3Limits.width)
        normalizesWeights = try reader.bool("norm_topk_prob") ?? false
        sparseStep = try reader.optionalInteger("decoder_sparse_step", in: 1...Qwen3Limits.layerCount.upperBound) ?? 1
        for element in reader.value("mlp_only_layers")?.arrayValue ?? [] {
            guard let layer = element.intValue, (0..<layerCount).contains(layer) else {
                throw reader.invalid("mlp_only_layers", "layers below \(layerCount)")
            }
            denseLayers.insert(layer)
        }
    }
}

extension RotarySettings {
    /// Reads `rope_theta` and `rope_scaling`, or `rope_parameters` which holds both.
    ///
    /// Where both stand, as in a file of transformers 5 that was edited by hand, they must say the same.
    fileprivate init(_ reader: SettingsReader, contextLength: Int) throws(ModelError) {
        let parameters = try reader.nested("rope_parameters")
        let scaling = try reader.nested("rope_scaling")
        self = try RotarySettings(reader, parameters ?? scaling, contextLength: contextLength)
        guard parameters != nil, let scaling, !scaling.object.isEmpty else { return }
        if try RotarySettings(reader, scaling, contextLength: contextLength) != self {
            throw reader.unsupported("rope_scaling", "rope_parameters says something else, keep one of the two")
        }
    }

    private init(_ reader: SettingsReader, _ scaling: SettingsReader?, contextLength: Int) throws(ModelError) {
        let theta = try scaling?.number("rope_theta")
        base = if let theta { theta } else { try reader.number("rope_theta") ?? 10_000 }
        guard let scaling else { return }
        if let factor = try scaling.number("partial_rotary_factor"), factor != 1 {
            throw scaling.unsupported("partial_rotary_factor", "Qwen3 turns whole heads")
        }
        let type = if let type = try scaling.string("rope_type") { type } else { try scaling.string("type") }
        switch type {
        case "default", nil:
            break
        case "linear":
            guard let factor = try scaling.number("factor") else { throw scaling.invalid("factor", "a number") }
            self.scaling = .linear(factor: factor)
        case "yarn":
            self.scaling = .yarn(try YaRN(scaling, contextLength: contextLength))
        default:
            throw scaling.unsupported("rope_type", "Ponder computes default, linear and yarn")
        }
    }
}

extension RotarySettings.YaRN {
    fileprivate init(_ reader: SettingsReader, contextLength: Int) throws(ModelError) {
        let original = try reader.optionalInteger("original_max_position_embeddings", in: Qwen3Limits.contextLength)
        originalContextLength = original ?? contextLength
        factor = try reader.number("factor") ?? Double(contextLength) / Double(originalContextLength)
        fastRotations = try reader.number("beta_fast") ?? 32
        slowRotations = try reader.number("beta_slow") ?? 1
        truncatesRamp = try reader.bool("truncate") ?? true
        let scale = try reader.number("mscale") ?? 0
        let scaleOfAll = try reader.number("mscale_all_dim") ?? 0
        if let attentionFactor = try reader.number("attention_factor") {
            self.attentionFactor = attentionFactor
        } else if scale != 0, scaleOfAll != 0 {
            attentionFactor =
                Self.attentionFactor(factor, scale: scale) / Self.attentionFactor(factor, scale: scaleOfAll)
        } else {
            attentionFactor = Self.attentionFactor(factor)
        }
    }
}
