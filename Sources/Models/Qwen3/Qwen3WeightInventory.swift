internal import Checkpoints

/// Where all weights of a model are read from: from the checkpoint, or from what an earlier start has quantised.
struct Qwen3WeightInventory {
    /// In the order of the configuration's weights.
    let sources: [[Qwen3WeightSource]]
    /// Of what an earlier start has quantised: the digest that each weight's tensor must have, and the file.
    let kept: (digests: [UInt64], path: String)?
    /// Where what is quantised now goes for the next start.
    let output: QuantizedFile?
    /// Whether floats are quantised.
    let isQuantizing: Bool
    /// Why nothing is kept, if something should be.
    let notices: [String]

    init(_ stored: Qwen3WeightLocator, options: WeightOptions) throws(ModelError) {
        let weights = stored.configuration.weights
        let own = try weights.map { weight throws(ModelError) in try stored.sources(of: weight) }
        let all = own.flatMap(\.self)
        let quantizes = options.quantization.quantizesFloats && all.contains { !$0.isPackedAsStored }
        guard quantizes, options.tileCache == nil, let cache = options.quantizedCache else {
            self.init(sources: own, isQuantizing: quantizes)
            return
        }
        let place = cache.place(of: all, as: options.quantization, named: stored.checkpoint.name)
        if let kept = cache.weights(at: place.path, source: place.source), kept.digests.count == weights.count,
            let sources = try? Self.sources(in: kept.checkpoint, weights, like: own, stored.configuration)
        {
            self.init(sources: sources, isQuantizing: false, kept: (kept.digests, place.path))
            return
        }
        do throws(QuantizedFile.Refusal) {
            let output = try Self.file(place, stored, own)
            self.init(sources: own, isQuantizing: true, output: output)
        } catch {
            self.init(sources: own, isQuantizing: true, notices: [Self.notice(error.reason)])
        }
    }

    private init(
        sources: [[Qwen3WeightSource]], isQuantizing: Bool, output: QuantizedFile? = nil, notices: [String] = [],
        kept: (digests: [UInt64], path: String)? = nil
    ) {
        self.kept = kept
        self.sources = sources
        self.isQuantizing = isQuantizing
        self.output = output
        self.notices = notices
    }

    /// What a log says where nothing can be kept.
    static func notice(_ reason: String) -> String {
        "The quantised weights are not kept for the next start: \(reason)"
    }

    /// The weights of an earlier start; nil where they are not of the formats that are wanted.
    private static func sources(
        in kept: Checkpoint, _ weights: [Qwen3Weight], like own: [[Qwen3WeightSource]],
        _ configuration: Qwen3Configuration
    ) throws(ModelError) -> [[Qwen3WeightSource]]? {
        let locator = Qwen3WeightLocator(checkpoint: kept, configuration: configuration)
        let sources = try weights.map { weight throws(ModelError) in try locator.sources(of: weight) }
        let areAsWanted = zip(sources, own).allSatisfy { $0.first?.record.format == $1.first?.target }
        return areAsWanted ? sources : nil
    }

    private static func file(
        _ place: QuantizedCache.Place, _ stored: Qwen3WeightLocator, _ own: [[Qwen3WeightSource]]
    ) throws(QuantizedFile.Refusal) -> QuantizedFile {
        let configuration = stored.configuration
        let tensors = zip(configuration.weights, own).map { weight, sources in
            let shape = [weight.rows, weight.columns]
            let isStack = weight.slot.weightClass == .experts
            return GGUFHead.Tensor(
                name: weight.name(weight.slot.names.gguf),
                shape: weight.slot.isVector ? [weight.columns] : isStack ? [weight.expertCount] + shape : shape,
                format: sources[0].target)
        }
        let keys = [
            ("general.architecture", configuration.mixture == nil ? "qwen3" : "qwen3moe"),
            ("general.name", stored.checkpoint.name), (QuantizedCache.sourceKey, place.source),
            (QuantizedCache.checkpointKey, place.checkpoint), (QuantizedCache.recipeKey, place.recipe),
            (QuantizedCache.digestsKey, QuantizedCache.text(of: tensors.map { _ in 0 })),
        ]
        guard let head = GGUFHead(keys: keys, tensors: tensors) else {
            throw QuantizedFile.Refusal("a tensor has no name for its format in a GGUF file")
        }
        let rowByteCounts = zip(tensors, configuration.weights).map { tensor, weight in
            tensor.format.byteCount(shape: [weight.columns]) ?? 0
        }
        return try QuantizedFile(path: place.path, head: head, rowByteCounts: rowByteCounts)
    }
}
