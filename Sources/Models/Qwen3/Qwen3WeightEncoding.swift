internal import Checkpoints
internal import Compute

/// How a tensor of a checkpoint holds a matrix, and what else is needed to read it.
enum Qwen3WeightEncoding {
    /// In a format of the kernels, or in floats.
    case plain
    /// 8-bit floats; `scales` has one for each block.
    case float8(scales: TensorRecord, block: StoredQuantization.Block)
    /// Integers in groups of columns.
    case integers(Integers)

    struct Integers {
        var stored: StoredQuantization.Integers
        var groupColumns: Int
        var scales: TensorRecord
        var zeros: TensorRecord?
        /// The group of each column.
        var groups: TensorRecord?

        /// The format that holds the weights as they are, but for one that rounds groups' minimums; nil where none does.
        var exactFormat: TensorFormat? { stored.exactFormat(groupColumns: groupColumns) }
    }

    /// The tensors besides that of the codes.
    var parts: [TensorRecord] {
        switch self {
        case .plain: []
        case .float8(let scales, _): [scales]
        case .integers(let integers): [integers.scales, integers.zeros, integers.groups].compactMap(\.self)
        }
    }
}

extension Qwen3WeightSource {
    /// Bytes of all tensors that it is read from.
    var storedByteCount: Int { encoding.parts.reduce(byteRange.count) { $0 + $1.byteCount } }

    /// Whether its bytes are packed as they stand.
    var isPackedAsStored: Bool {
        if case .plain = encoding { return target == record.format }
        return false
    }

    /// What plans call its format, such as `BF16 as Q4_K`.
    var formatName: String {
        switch encoding {
        case .plain: target == record.format ? target.name : "\(record.format) as \(target)"
        case .float8: "\(record.format) as \(target)"
        case .integers(let integers): "INT\(integers.stored.bits) as \(target)"
        }
    }

    /// The weights, to be rewritten.
    ///
    /// - Throws: Where its tensors do not fit together, or hold what the settings say that they do not.
    func encodedWeights() throws(CheckpointError) -> EncodedWeights {
        do {
            let weights = try encoded()
            if case .integers(let integers) = encoding, let exact = integers.exactFormat.flatMap(WeightFormat.init),
                !weights.exactFormats.contains(exact)
            {
                throw mismatch(integers)
            }
            return weights
        } catch let error as CheckpointError {
            throw error
        } catch {
            throw record.error(expected: "weights that can be read", found: "(\(error))")
        }
    }

    private func encoded() throws -> EncodedWeights {
        switch encoding {
        case .plain:
            guard let format = WeightFormat(record.format) else { throw unreadable(record) }
            return try unsafe EncodedWeights(rows: rows, columns: columns, format: format, bytes: bytes)
        case .float8(let scales, let block):
            guard let format = WeightFormat(scales.format) else { throw unreadable(scales) }
            return try unsafe EncodedWeights(
                rows: rows, columns: columns, codes: bytes, scales: scales.bytes, scaleFormat: format,
                blockRows: block.rows, blockColumns: block.columns)
        case .integers(let integers):
            guard let format = WeightFormat(integers.scales.format) else { throw unreadable(integers.scales) }
            var weights = unsafe GroupedWeights(
                packing: integers.stored.packing, bits: integers.stored.bits, rows: rows, columns: columns,
                groupColumns: integers.groupColumns, codes: bytes, scales: integers.scales.bytes, scaleFormat: format)
            unsafe weights.zeros = integers.zeros?.bytes
            weights.zerosAreOneLess = integers.stored.zerosAreOneLess
            unsafe weights.groupOfColumn = integers.groups?.bytes
            return try EncodedWeights(weights)
        }
    }

    private func unreadable(_ record: TensorRecord) -> CheckpointError {
        record.error(expected: "a format that Ponder computes with", found: "in \(record.format)")
    }

    private func mismatch(_ integers: Qwen3WeightEncoding.Integers) -> CheckpointError {
        let order = integers.groups.map {
            "columns in the order of their groups in \($0.name), as there is no desc_act"
        }
        let zeros = integers.stored.isSymmetric ? "zero points in the middle, as sym says" : nil
        return record.error(
            expected: [order, zeros].compactMap(\.self).joined(separator: ", and "), found: "with others")
    }
}

extension Qwen3WeightLocator {
    /// The matrix of a name that ends in `.weight`, if integers of another quantiser stand in its place.
    func integers(_ weight: Qwen3Weight, named name: String) throws(CheckpointError) -> Qwen3WeightSource? {
        guard case .integers(let stored) = configuration.storedQuantization, name.hasSuffix(Self.suffix) else {
            return nil
        }
        let base = name.dropLast(Self.suffix.count)
        let names = stored.packing.names
        guard let codes = checkpoint.tensor(named: "\(base).\(names.codes)") else { return nil }
        let perWord = 32 / stored.bits
        let (rows, columns) = (weight.rows, weight.columns)
        let groupColumns = stored.groupColumns ?? columns
        guard columns.isMultiple(of: groupColumns) else {
            throw codes.error(
                expected: "rows of whole groups of \(groupColumns) columns", found: "of \(columns) columns")
        }
        guard (stored.packing == .awq ? rows : columns).isMultiple(of: perWord) else {
            throw codes.error(expected: "whole words of \(perWord) codes", found: "of \(rows) × \(columns) weights")
        }
        let groups = columns / groupColumns
        try check(codes, [.i32], stored.packing.codes(rows: rows, columns: columns, perWord: perWord))
        let scales = try part("\(base).\(names.scales)")
        let byRows = stored.packing == .rows
        try check(scales, [.f16, .bf16, .f32], byRows ? [rows, groups] : [groups, rows])
        var zeros: TensorRecord?
        if !byRows || !stored.isSymmetric {
            let record = try part("\(base).\(names.zeros)")
            try check(record, [.i32], byRows ? [rows / perWord, groups] : [groups, rows / perWord])
            zeros = record
        }
        let list = checkpoint.tensor(named: "\(base).\(names.groups)")
        if let list { try check(list, [.i32], [columns]) }
        return Qwen3WeightSource(
            record: codes, rows: rows, columns: columns, byteRange: 0..<codes.byteCount,
            encoding: .integers(
                .init(stored: stored, groupColumns: groupColumns, scales: scales, zeros: zeros, groups: list)))
    }

    /// How a tensor holds its matrix: its own format says so.
    func encoding(of record: TensorRecord, _ weight: Qwen3Weight) throws(CheckpointError) -> Qwen3WeightEncoding {
        guard record.format == .f8_E4M3, record.name.hasSuffix(Self.suffix) else { return .plain }
        guard case .float8(let stored) = configuration.storedQuantization else {
            throw record.error(expected: "a quantization_config of fp8", found: "in \(record.format) without it")
        }
        let base = record.name.dropLast(Self.suffix.count)
        let inverse = "\(base).weight_scale_inv"
        let name = checkpoint.tensor(named: inverse) == nil ? "\(base).weight_scale" : inverse
        guard let scales = checkpoint.tensor(named: name) else {
            throw record.error(expected: "scales in \(inverse)", found: "without them")
        }
        guard WeightFormat(scales.format)?.isQuantized == false else {
            throw scales.error(expected: "scales that are floats", found: "in \(scales.format)")
        }
        guard let block = stored ?? Self.block(scales.shape, weight) else {
            throw scales.error(
                expected: "one scale, or one for each of \(weight.rows) rows", found: "of shape \(scales.shape)")
        }
        let shape = [(weight.rows - 1) / block.rows + 1, (weight.columns - 1) / block.columns + 1]
        if stored != nil { try check(scales, [scales.format], shape) }
        return .float8(scales: scales, block: block)
    }

    private static var suffix: String { ".weight" }

    private static func block(_ shape: [Int], _ weight: Qwen3Weight) -> StoredQuantization.Block? {
        switch shape {
        case [], [1], [1, 1]: .init(rows: weight.rows, columns: weight.columns)
        case [weight.rows], [weight.rows, 1]: .init(rows: 1, columns: weight.columns)
        default: nil
        }
    }

    private func part(_ name: String) throws(CheckpointError) -> TensorRecord {
        guard let record = checkpoint.tensor(named: name) else {
            throw CheckpointError(file: checkpoint.name, expected: "the tensor \(name)", found: "none")
        }
        return record
    }

    private func check(_ record: TensorRecord, _ formats: [TensorFormat], _ shape: [Int]) throws(CheckpointError) {
        guard formats.contains(record.format) else {
            let names = formats.map(\.name).joined(separator: ", ")
            throw record.error(expected: "one of \(names)", found: "in \(record.format)")
        }
        guard record.shape == shape else {
            throw record.error(expected: "the shape \(shape)", found: "of shape \(record.shape)")
        }
    }
}

extension GroupedWeights.Packing {
    /// What the tensors of a matrix are called.
    fileprivate var names: (codes: String, scales: String, zeros: String, groups: String) {
        switch self {
        case .gptq, .awq: ("qweight", "scales", "qzeros", "g_idx")
        case .rows: ("weight_packed", "weight_scale", "weight_zero_point", "weight_g_idx")
        }
    }

    /// The name of the codes in the place of `weight`.
    var codesName: String { names.codes }

    fileprivate func codes(rows: Int, columns: Int, perWord: Int) -> [Int] {
        switch self {
        case .gptq: [columns / perWord, rows]
        case .awq: [columns, rows / perWord]
        case .rows: [rows, columns / perWord]
        }
    }
}
