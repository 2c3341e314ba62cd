internal import Checkpoints

/// One matrix of a checkpoint: a whole tensor, or an expert's part of a stack.
struct Qwen3WeightSource {
    let record: TensorRecord
    let rows: Int
    let columns: Int
    /// Where it lies in the tensor's bytes.
    let byteRange: Range<Int>

    var bytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: record.bytes[byteRange])
    }
}

/// Finds a configuration's weights in a checkpoint, and checks their shapes against it.
struct Qwen3WeightLocator {
    let checkpoint: Checkpoint

    /// The matrices of a weight: one, or one for each expert.
    func sources(of weight: Qwen3Weight) throws(ModelError) -> [Qwen3WeightSource] {
        do {
            let isGGUF = checkpoint.kind == .gguf
            let pattern = isGGUF ? weight.slot.names.gguf : weight.slot.names.huggingFace
            guard weight.slot.weightClass == .experts else {
                return [try whole(weight, named: weight.name(pattern))]
            }
            if isGGUF {
                return try stack(weight, named: weight.name(pattern), part: 0, of: 1)
            }
            if let fused = weight.slot.fusedName, checkpoint.tensor(named: weight.name(fused.name)) != nil {
                return try stack(weight, named: weight.name(fused.name), part: fused.part, of: fused.partCount)
            }
            return try (0..<weight.expertCount).map { expert throws(CheckpointError) in
                try whole(weight, named: weight.name(pattern, expert: expert))
            }
        } catch {
            throw .checkpoint(error)
        }
    }

    /// The tensors that hold a weight, each once.
    func records(of weight: Qwen3Weight) throws(ModelError) -> [TensorRecord] {
        var names: Set<String> = []
        return try sources(of: weight).map(\.record).filter { names.insert($0.name).inserted }
    }

    /// Refuses tensors that change what the model computes and that this decoder has no place for.
    func refuseForeignTensors() throws(ModelError) {
        for tensor in checkpoint.tensors where tensor.name.hasSuffix(".bias") || tensor.name == "rope_freqs.weight" {
            throw .checkpoint(tensor.error(expected: "only tensors of Qwen3", found: "besides"))
        }
    }

    private func record(_ name: String) throws(CheckpointError) -> TensorRecord {
        guard let record = checkpoint.tensor(named: name) else {
            throw CheckpointError(file: checkpoint.name, expected: "the tensor \(name)", found: "none")
        }
        if case .unsupported = record.format {
            throw record.error(expected: "a format that Ponder computes with", found: "in \(record.format)")
        }
        return record
    }

    private func whole(_ weight: Qwen3Weight, named name: String) throws(CheckpointError) -> Qwen3WeightSource {
        let record = try record(name)
        let shape = weight.isNorm ? [weight.columns] : [weight.rows, weight.columns]
        try check(record, shape)
        return Qwen3WeightSource(
            record: record,
            rows: weight.rows,
            columns: weight.columns,
            byteRange: 0..<record.byteCount
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
