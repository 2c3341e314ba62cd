internal import Compute

/// All weights of a Qwen3 decoder, repacked for the kernels.
struct Qwen3Weights {
    /// `[vocabulary × hidden]`.
    let embedding: WeightMatrix
    let layers: [Qwen3Layer]
    let finalNorm: WeightVector
    /// `[vocabulary × hidden]`; the embedding itself where the two are tied. Nil where there is none.
    let head: WeightMatrix?
}

extension Qwen3Weights {
    /// Builds all of them from a checkpoint, tensor by tensor, in the order of the computation.
    init(_ configuration: Qwen3Configuration, _ reader: inout Qwen3WeightReader) throws(ModelError) {
        let embedding = try reader.matrix(.embedding)
        var layers: [Qwen3Layer] = []
        layers.reserveCapacity(configuration.layerCount)
        for layer in 0..<configuration.layerCount {
            layers.append(try Qwen3Layer(layer, configuration, &reader))
        }
        self.embedding = embedding
        self.layers = layers
        finalNorm = try reader.vector(.finalNorm)
        head =
            switch configuration.head {
            case .embedding: embedding
            case .own: try reader.matrix(.head)
            case .none: nil
            }
    }
}

extension Qwen3Layer {
    fileprivate convenience init(
        _ layer: Int,
        _ configuration: Qwen3Configuration,
        _ reader: inout Qwen3WeightReader
    ) throws(ModelError) {
        self.init(
            inputNorm: try reader.vector(.inputNorm, layer),
            attention: try Qwen3Attention(layer, configuration, &reader),
            feedForwardNorm: try reader.vector(.feedForwardNorm, layer),
            feedForward: try FeedForward(layer, configuration, &reader),
            epsilon: configuration.normEpsilon
        )
    }
}

extension Qwen3Attention {
    fileprivate convenience init(
        _ layer: Int,
        _ configuration: Qwen3Configuration,
        _ reader: inout Qwen3WeightReader
    ) throws(ModelError) {
        self.init(
            query: try reader.matrix(.query, layer),
            key: try reader.matrix(.key, layer),
            value: try reader.matrix(.value, layer),
            queryNorm: try reader.vector(.queryNorm, layer),
            keyNorm: try reader.vector(.keyNorm, layer),
            output: try reader.matrix(.attentionOutput, layer),
            biases: configuration.hasAttentionBiases ? try Biases(layer, &reader) : nil,
            shape: configuration.shape,
            epsilon: configuration.normEpsilon
        )
    }
}

extension Qwen3Attention.Biases {
    fileprivate init(_ layer: Int, _ reader: inout Qwen3WeightReader) throws(ModelError) {
        query = try reader.vector(.queryBias, layer)
        key = try reader.vector(.keyBias, layer)
        value = try reader.vector(.valueBias, layer)
        output = try reader.vector(.attentionOutputBias, layer)
    }
}

extension FeedForward {
    fileprivate init(
        _ layer: Int,
        _ configuration: Qwen3Configuration,
        _ reader: inout Qwen3WeightReader
    ) throws(ModelError) {
        guard let mixture = configuration.mixture, configuration.isSparse(layer: layer) else {
            let dense = DenseFeedForward(
                gate: try reader.matrix(.gate, layer),
                up: try reader.matrix(.up, layer),
                down: try reader.matrix(.down, layer)
            )
            self = .dense(dense)
            return
        }
        let router = ExpertRouter(
            weights: try reader.matrix(.router, layer),
            normalizesWeights: mixture.normalizesWeights
        )
        let experts = ExpertLayer(
            gate: try reader.experts(.expertGate, layer),
            up: try reader.experts(.expertUp, layer),
            down: try reader.experts(.expertDown, layer)
        )
        self = .mixture(MixtureOfExperts(layer: layer, router: router, experts: experts))
    }
}
