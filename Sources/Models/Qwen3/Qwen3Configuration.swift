internal import Compute

/// A Qwen3 decoder's settings, dense or mixture of experts, whichever file they came from.
///
/// Source: Qwen3 Technical Report (arXiv 2505.09388) §2; transformers' Qwen3Config and Qwen3MoeConfig.
struct Qwen3Configuration: Hashable, Sendable {
    var layerCount: Int
    var hiddenSize: Int
    var headCount: Int
    var keyValueHeadCount: Int
    /// A head's width; `headCount * headDimension` need not be `hiddenSize`.
    var headDimension: Int
    /// Rows of the embedding and of the head.
    var vocabularySize: Int
    /// The most tokens of a sequence.
    var contextLength: Int
    /// The positions that the files name, which YaRN may stretch.
    var positionCount: Int
    /// Beyond so many tokens attention would slide; nil where it never does.
    var slidingWindow: Int?
    /// Where an operator had a say, the contexts that sequences can run in, ascending.
    var lengthWindows: [RotaryWindow] = []
    /// Added under the root of every RMSNorm.
    var normEpsilon: Float
    var rotary: RotarySettings
    /// Whether the four projections of attention add a bias. No published model's do.
    var hasAttentionBiases = false
    var head: Head
    /// The inner width of a dense feed-forward block.
    var feedForwardSize: Int
    /// Nil for a dense model.
    var mixture: Mixture?
    /// How another program has quantised the matrices; nil where none has, and for GGUF files, whose tensors tell it.
    var storedQuantization: StoredQuantization?

    /// Where the matrix that turns states into logits is.
    enum Head: Hashable, Sendable {
        /// The embedding is the head, too.
        case embedding
        case own
        /// Nowhere: the model embeds texts and generates nothing.
        case none
    }

    struct Mixture: Hashable, Sendable {
        var expertCount: Int
        /// Experts that a token visits in a layer.
        var activeExpertCount: Int
        /// The inner width of one expert.
        var feedForwardSize: Int
        /// Whether the visited experts' probabilities are scaled to sum to one.
        var normalizesWeights: Bool
        /// Layer `i` is sparse where `(i + 1)` is a multiple of this …
        var sparseStep: Int = 1
        /// … and stands not among these.
        var denseLayers: Set<Int> = []
    }

    /// Whether a layer routes its tokens to experts.
    func isSparse(layer: Int) -> Bool {
        guard let mixture else { return false }
        return (layer + 1) % mixture.sparseStep == 0 && !mixture.denseLayers.contains(layer)
    }

    /// The contexts that sequences can run in, at least one, ascending.
    var windows: [RotaryWindow] {
        lengthWindows.isEmpty ? [RotaryWindow(rotary: rotary, length: contextLength)] : lengthWindows
    }

    var queryWidth: Int { headCount * headDimension }
    var keyValueWidth: Int { keyValueHeadCount * headDimension }

    var shape: ModelShape {
        ModelShape(
            layerCount: layerCount,
            hiddenSize: hiddenSize,
            headCount: headCount,
            keyValueHeadCount: keyValueHeadCount,
            headDimension: headDimension,
            vocabularySize: vocabularySize,
            contextLength: contextLength,
            hasHead: head != .none,
            windows: windows.map(\.contextWindow)
        )
    }
}

/// What a setting may be at most: far above any published model, and low enough that no product overflows.
enum Qwen3Limits {
    static let layerCount = 1...4096
    static let width = 1...(1 << 18)
    static let headCount = 1...4096
    /// Query heads for each key and value head.
    static let groupSize = 32
    static let headDimension = 2...KVLayout.headDimensionLimit
    static let vocabularySize = 1...(1 << 24)
    static let contextLength = 1...(1 << 25)
    static let expertCount = 1...1024
}

extension Qwen3Configuration {
    /// Refuses settings that contradict one another.
    func check(source: String) throws(ModelError) {
        guard headCount % keyValueHeadCount == 0 else {
            throw .invalidSetting(
                source: source,
                key: "the number of key and value heads",
                expected: "a divisor of the \(headCount) query heads",
                found: "\(keyValueHeadCount)"
            )
        }
        guard headDimension % 2 == 0 else {
            throw .invalidSetting(
                source: source,
                key: "the head dimension",
                expected: "an even number",
                found: "\(headDimension)"
            )
        }
        guard normEpsilon.isFinite, normEpsilon > 0 else {
            throw .invalidSetting(
                source: source,
                key: "the norm's epsilon",
                expected: "a positive number",
                found: "\(normEpsilon)"
            )
        }
        guard headCount / keyValueHeadCount <= Qwen3Limits.groupSize else {
            throw .unsupportedSetting(
                source: source,
                key: "the number of query heads for each key and value head",
                found: "\(headCount / keyValueHeadCount)",
                reason: "attention computes at most \(Qwen3Limits.groupSize)"
            )
        }
        if let mixture, mixture.activeExpertCount > mixture.expertCount {
            throw .invalidSetting(
                source: source,
                key: "the number of experts per token",
                expected: "at most \(mixture.expertCount)",
                found: "\(mixture.activeExpertCount)"
            )
        }
        try rotary.check(source: source)
    }
}
