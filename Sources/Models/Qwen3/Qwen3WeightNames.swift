/// The places of a Qwen3 decoder that hold weights.
enum Qwen3Slot: Hashable, CaseIterable, Sendable {
    case embedding, finalNorm, head
    case inputNorm, query, key, value, queryNorm, keyNorm, attentionOutput
    case queryBias, keyBias, valueBias, attentionOutputBias
    case feedForwardNorm, gate, up, down
    case router, expertGate, expertUp, expertDown

    /// The weight's name in each container. `{layer}` and `{expert}` stand for numbers.
    ///
    /// GGUF stacks a layer's experts into one tensor, experts first; Hugging Face keeps a tensor for each.
    var names: (huggingFace: String, gguf: String) {
        switch self {
        case .embedding: ("model.embed_tokens.weight", "token_embd.weight")
        case .finalNorm: ("model.norm.weight", "output_norm.weight")
        case .head: ("lm_head.weight", "output.weight")
        case .inputNorm: ("model.layers.{layer}.input_layernorm.weight", "blk.{layer}.attn_norm.weight")
        case .query: ("model.layers.{layer}.self_attn.q_proj.weight", "blk.{layer}.attn_q.weight")
        case .key: ("model.layers.{layer}.self_attn.k_proj.weight", "blk.{layer}.attn_k.weight")
        case .value: ("model.layers.{layer}.self_attn.v_proj.weight", "blk.{layer}.attn_v.weight")
        case .queryNorm: ("model.layers.{layer}.self_attn.q_norm.weight", "blk.{layer}.attn_q_norm.weight")
        case .keyNorm: ("model.layers.{layer}.self_attn.k_norm.weight", "blk.{layer}.attn_k_norm.weight")
        case .attentionOutput: ("model.layers.{layer}.self_attn.o_proj.weight", "blk.{layer}.attn_output.weight")
        case .queryBias: ("model.layers.{layer}.self_attn.q_proj.bias", "blk.{layer}.attn_q.bias")
        case .keyBias: ("model.layers.{layer}.self_attn.k_proj.bias", "blk.{layer}.attn_k.bias")
        case .valueBias: ("model.layers.{layer}.self_attn.v_proj.bias", "blk.{layer}.attn_v.bias")
        case .attentionOutputBias: ("model.layers.{layer}.self_attn.o_proj.bias", "blk.{layer}.attn_output.bias")
        case .feedForwardNorm: ("model.layers.{layer}.post_attention_layernorm.weight", "blk.{layer}.ffn_norm.weight")
        case .gate: ("model.layers.{layer}.mlp.gate_proj.weight", "blk.{layer}.ffn_gate.weight")
        case .up: ("model.layers.{layer}.mlp.up_proj.weight", "blk.{layer}.ffn_up.weight")
        case .down: ("model.layers.{layer}.mlp.down_proj.weight", "blk.{layer}.ffn_down.weight")
        case .router: ("model.layers.{layer}.mlp.gate.weight", "blk.{layer}.ffn_gate_inp.weight")
        case .expertGate:
            ("model.layers.{layer}.mlp.experts.{expert}.gate_proj.weight", "blk.{layer}.ffn_gate_exps.weight")
        case .expertUp: ("model.layers.{layer}.mlp.experts.{expert}.up_proj.weight", "blk.{layer}.ffn_up_exps.weight")
        case .expertDown:
            ("model.layers.{layer}.mlp.experts.{expert}.down_proj.weight", "blk.{layer}.ffn_down_exps.weight")
        }
    }

    /// Where transformers 5 keeps all experts of a layer in one tensor: its name, and which of the equal parts of each
    /// expert's rows this slot is.
    var fusedName: (name: String, part: Int, partCount: Int)? {
        switch self {
        case .expertGate: ("model.layers.{layer}.mlp.experts.gate_up_proj", 0, 2)
        case .expertUp: ("model.layers.{layer}.mlp.experts.gate_up_proj", 1, 2)
        case .expertDown: ("model.layers.{layer}.mlp.experts.down_proj", 0, 1)
        default: nil
        }
    }

    /// Where llama.cpp's converter puts a layer's queries, keys and values when it is told to fuse them, in this order.
    static let fusedProjectionName = "blk.{layer}.attn_qkv.weight"

    /// Whether the tensor has one dimension.
    var isVector: Bool {
        switch self {
        case .queryBias, .keyBias, .valueBias, .attentionOutputBias: true
        default: weightClass == .norms
        }
    }

    /// What a memory plan counts it under.
    var weightClass: WeightClass {
        switch self {
        case .embedding: .embedding
        case .head: .head
        case .finalNorm, .inputNorm, .queryNorm, .keyNorm, .feedForwardNorm: .norms
        case .query, .key, .value, .attentionOutput: .attention
        case .queryBias, .keyBias, .valueBias, .attentionOutputBias: .attention
        case .gate, .up, .down: .feedForward
        case .router: .router
        case .expertGate, .expertUp, .expertDown: .experts
        }
    }
}

/// A weight that a configuration calls for.
struct Qwen3Weight: Hashable, Sendable {
    let slot: Qwen3Slot
    /// Nil outside the layers.
    let layer: Int?
    /// One for a plain weight, the layer's experts for a stack of them.
    let expertCount: Int
    /// Rows of one matrix; 1 for a vector.
    let rows: Int
    /// Values in a row.
    let columns: Int

    var elementCount: Int { expertCount * rows * columns }

    /// A pattern of the name table with this weight's numbers.
    func name(_ pattern: String, expert: Int = 0) -> String {
        pattern.replacing("{layer}", with: "\(layer ?? 0)").replacing("{expert}", with: "\(expert)")
    }
}

extension Qwen3Configuration {
    /// All weights of the model, in the order of its computation. A tied head is not among them.
    var weights: [Qwen3Weight] {
        var weights = [Qwen3Weight(.embedding, nil, vocabularySize, hiddenSize)]
        for layer in 0..<layerCount {
            weights += layerWeights(layer)
        }
        weights.append(Qwen3Weight(.finalNorm, nil, 1, hiddenSize))
        if head == .own {
            weights.append(Qwen3Weight(.head, nil, vocabularySize, hiddenSize))
        }
        return weights
    }

    /// A projection's rows where the three of a layer are one matrix.
    func fusedRows(of slot: Qwen3Slot) -> Range<Int>? {
        let (keys, values) = (queryWidth, queryWidth + keyValueWidth)
        switch slot {
        case .query: return 0..<keys
        case .key: return keys..<values
        case .value: return values..<values + keyValueWidth
        default: return nil
        }
    }

    private func layerWeights(_ layer: Int) -> [Qwen3Weight] {
        let biases = [
            Qwen3Weight(.queryBias, layer, 1, queryWidth),
            Qwen3Weight(.keyBias, layer, 1, keyValueWidth),
            Qwen3Weight(.valueBias, layer, 1, keyValueWidth),
            Qwen3Weight(.attentionOutputBias, layer, 1, hiddenSize),
        ]
        let attention =
            [
                Qwen3Weight(.inputNorm, layer, 1, hiddenSize),
                Qwen3Weight(.query, layer, queryWidth, hiddenSize),
                Qwen3Weight(.key, layer, keyValueWidth, hiddenSize),
                Qwen3Weight(.value, layer, keyValueWidth, hiddenSize),
                Qwen3Weight(.queryNorm, layer, 1, headDimension),
                Qwen3Weight(.keyNorm, layer, 1, headDimension),
                Qwen3Weight(.attentionOutput, layer, hiddenSize, queryWidth),
                Qwen3Weight(.feedForwardNorm, layer, 1, hiddenSize),
            ] + (hasAttentionBiases ? biases : [])
        guard let mixture, isSparse(layer: layer) else {
            return attention + [
                Qwen3Weight(.gate, layer, feedForwardSize, hiddenSize),
                Qwen3Weight(.up, layer, feedForwardSize, hiddenSize),
                Qwen3Weight(.down, layer, hiddenSize, feedForwardSize),
            ]
        }
        let (count, inner) = (mixture.expertCount, mixture.feedForwardSize)
        return attention + [
            Qwen3Weight(.router, layer, count, hiddenSize),
            Qwen3Weight(.expertGate, layer, inner, hiddenSize, experts: count),
            Qwen3Weight(.expertUp, layer, inner, hiddenSize, experts: count),
            Qwen3Weight(.expertDown, layer, hiddenSize, inner, experts: count),
        ]
    }
}

extension Qwen3Weight {
    fileprivate init(_ slot: Qwen3Slot, _ layer: Int?, _ rows: Int, _ columns: Int, experts: Int = 1) {
        self.init(slot: slot, layer: layer, expertCount: experts, rows: rows, columns: columns)
    }
}
