internal import Checkpoints
internal import Compute
internal import Glibc

/// One matrix of a checkpoint: a whole tensor, or an expert's part of a stack.
struct Qwen3WeightSource {
    let record: TensorRecord
    let rows: Int
    let columns: Int
    /// Where it lies in the tensor's bytes.
    let byteRange: Range<Int>
    /// How it is held there.
    var encoding = Qwen3WeightEncoding.plain
    /// The format that it is computed with.
    var target: TensorFormat

    init(
        record: TensorRecord, rows: Int, columns: Int, byteRange: Range<Int>, encoding: Qwen3WeightEncoding = .plain
    ) {
        self.record = record
        self.rows = rows
        self.columns = columns
        self.byteRange = byteRange
        self.encoding = encoding
        target = record.format
    }

    var bytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: record.bytes[byteRange])
    }
}

/// Finds a configuration's weights in a checkpoint, and checks their shapes against it.
struct Qwen3WeightLocator {
    let checkpoint: Checkpoint
    let configuration: Qwen3Configuration
    let quantization: Quantization

    /// What the names of a decoder's weights begin with where a head may stand beside it.
    private static let decoderPrefix = "model."
    /// Whether the decoder was stored by itself, without that prefix: so models are that embed.
    private let hasBareNames: Bool

    init(checkpoint: Checkpoint, configuration: Qwen3Configuration, quantization: Quantization = .automatic) {
        self.checkpoint = checkpoint
        self.configuration = configuration
        self.quantization = quantization
        let embedding = Qwen3Slot.embedding.names.huggingFace.dropFirst(Self.decoderPrefix.count)
        hasBareNames = checkpoint.kind == .safetensors && checkpoint.tensor(named: String(embedding)) != nil
    }

    /// The matrices of a weight: one, or one for each expert.
    func sources(of weight: Qwen3Weight) throws(ModelError) -> [Qwen3WeightSource] {
        var sources = try stored(weight)
        for index in sources.indices {
            sources[index].target = quantization.target(of: weight, sources[index], configuration)
        }
        return sources
    }

    private func stored(_ weight: Qwen3Weight) throws(ModelError) -> [Qwen3WeightSource] {
        do {
            let isGGUF = checkpoint.kind == .gguf
            let pattern = pattern(of: weight.slot)
            guard weight.slot.weightClass == .experts else {
                if isGGUF, let rows = configuration.fusedRows(of: weight.slot),
                    checkpoint.tensor(named: weight.name(pattern)) == nil,
                    let record = checkpoint.tensor(named: weight.name(Qwen3Slot.fusedProjectionName))
                {
                    return [try part(weight, record, rows: rows)]
                }
                return [try whole(weight, named: name(of: weight, pattern))]
            }
            if isGGUF {
                return try stack(weight, named: weight.name(pattern), part: 0, of: 1)
            }
            if let fused = weight.slot.fusedName {
                let name = weight.name(inFiles(fused.name))
                if checkpoint.tensor(named: name) != nil {
                    return try stack(weight, named: name, part: fused.part, of: fused.partCount)
                }
            }
            return try (0..<weight.expertCount).map { expert throws(CheckpointError) in
                try whole(weight, named: weight.name(pattern, expert: expert))
            }
        } catch {
            throw .checkpoint(error)
        }
    }

    /// Refuses tensors that change what the model computes and that this decoder has no place for.
    func refuseForeignTensors() throws(ModelError) {
        let biases = configuration.weights.filter { $0.slot.isVector && $0.slot.weightClass == .attention }
        let known = Set(biases.map { $0.name(pattern(of: $0.slot)) })
        for tensor in checkpoint.tensors where tensor.name.hasSuffix(".bias") || tensor.name == "rope_freqs.weight" {
            guard !known.contains(tensor.name), !isBlankBias(tensor) else { continue }
            throw .checkpoint(tensor.error(expected: "only tensors of Qwen3", found: "besides"))
        }
    }

    /// Whether it is one of the biases of nothing that GPTQ's programs store beside matrices without one.
    private func isBlankBias(_ tensor: TensorRecord) -> Bool {
        guard case .integers = configuration.storedQuantization, tensor.name.hasSuffix(".bias") else { return false }
        return unsafe tensor.bytes.allSatisfy { $0 == 0 }
    }

    /// Where the head is by the tensors, whatever the configuration says.
    ///
    /// transformers believes the tensors, too. Published small models store their head although it is tied; and those that
    /// embed are stored without one, whichever architecture they name.
    var head: Qwen3Configuration.Head {
        let isStored = holds(pattern(of: .head))
        switch configuration.head {
        case .embedding: return holdsAnotherHead ? .own : .embedding
        case .own: return isStored || !hasBareNames ? .own : .none
        case .none: return isStored ? .own : .none
        }
    }

    /// Whether a matrix is stored, in one way or another.
    private func holds(_ name: String) -> Bool {
        guard checkpoint.tensor(named: name) == nil else { return true }
        guard case .integers(let stored) = configuration.storedQuantization else { return false }
        return checkpoint.tensor(named: name.replacing(".weight", with: ".\(stored.packing.codesName)")) != nil
    }

    /// Whether the head is stored and is not the embedding.
    private var holdsAnotherHead: Bool {
        guard
            holds(pattern(of: .head)),
            let embedding = checkpoint.tensor(named: pattern(of: .embedding))
        else { return false }
        guard let head = checkpoint.tensor(named: pattern(of: .head)) else { return true }
        guard head.format == embedding.format, head.shape == embedding.shape else { return true }
        guard let bytes = unsafe head.bytes.baseAddress, let others = unsafe embedding.bytes.baseAddress else {
            return false
        }
        return unsafe memcmp(bytes, others, head.byteCount) != 0
    }

    /// How these files call a place of the decoder.
    private func pattern(of slot: Qwen3Slot) -> String {
        checkpoint.kind == .gguf ? slot.names.gguf : inFiles(slot.names.huggingFace)
    }

    /// A name of Hugging Face's as these files spell it.
    private func inFiles(_ pattern: String) -> String {
        guard hasBareNames, pattern.hasPrefix(Self.decoderPrefix) else { return pattern }
        return String(pattern.dropFirst(Self.decoderPrefix.count))
    }

    /// The name of a weight that is one whole tensor. Of tied weights a checkpoint may hold either.
    private func name(of weight: Qwen3Weight, _ pattern: String) -> String {
        let (name, head) = (weight.name(pattern), Qwen3Slot.head.names.huggingFace)
        guard weight.slot == .embedding, configuration.head == .embedding else { return name }
        guard checkpoint.tensor(named: name) == nil, checkpoint.tensor(named: head) != nil else { return name }
        return head
    }

    private func record(_ name: String) throws(CheckpointError) -> TensorRecord {
        guard let record = checkpoint.tensor(named: name) else {
            throw CheckpointError(file: checkpoint.name, expected: "the tensor \(name)", found: "none")
        }
        guard WeightFormat(record.format) != nil || record.format == .f8_E4M3 else {
            throw record.error(expected: "a format that Ponder computes with", found: "in \(record.format)")
        }
        return record
    }

    private func whole(_ weight: Qwen3Weight, named name: String) throws(CheckpointError) -> Qwen3WeightSource {
        if !weight.slot.isVector, let source = try integers(weight, named: name) { return source }
        let record = try record(name)
        let shape = weight.slot.isVector ? [weight.columns] : [weight.rows, weight.columns]
        try check(record, shape)
        return Qwen3WeightSource(
            record: record,
            rows: weight.rows,
            columns: weight.columns,
            byteRange: 0..<record.byteCount,
            encoding: try encoding(of: record, weight)
        )
    }

    /// Some rows of the tensor that holds a layer's queries, keys and values together.
    private func part(
        _ weight: Qwen3Weight,
        _ record: TensorRecord,
        rows: Range<Int>
    ) throws(CheckpointError) -> Qwen3WeightSource {
        let rowCount = configuration.queryWidth + 2 * configuration.keyValueWidth
        try check(record, [rowCount, weight.columns])
        let size = record.byteCount / rowCount
        return Qwen3WeightSource(
            record: try self.record(record.name),
            rows: rows.count,
            columns: weight.columns,
            byteRange: rows.lowerBound * size..<rows.upperBound * size
        )
    }

    /// An expert's matrices in a tensor of shape `[experts, parts * rows, columns]`.
    private func stack(
        _ weight: Qwen3Weight,
        named name: String,
        part: Int,
        of partCount: Int
    ) throws(CheckpointError) -> [Qwen3WeightSource] {
        let record = try record(name)
        try check(record, [weight.expertCount, partCount * weight.rows, weight.columns])
        let size = record.byteCount / (weight.expertCount * partCount)
        return (0..<weight.expertCount).map { expert in
            let start = (expert * partCount + part) * size
            return Qwen3WeightSource(
                record: record,
                rows: weight.rows,
                columns: weight.columns,
                byteRange: start..<start + size
            )
        }
    }

    private func check(_ record: TensorRecord, _ shape: [Int]) throws(CheckpointError) {
        guard record.shape == shape else {
            throw record.error(expected: "the configuration's shape \(shape)", found: "of shape \(record.shape)")
        }
    }
}
