internal import Checkpoints
internal import Compute
internal import JSON

/// How another program has quantised a checkpoint's matrices, as config.json's `quantization_config` tells it.
///
/// Sources: transformers' FineGrainedFP8Config, GPTQConfig and AwqConfig; compressed-tensors' QuantizationConfig.
enum StoredQuantization: Hashable, Sendable {
    /// 8-bit floats (E4M3) with a scale for each block; nil leaves the blocks to the scales' shape.
    case float8(Block?)
    case integers(Integers)

    struct Block: Hashable, Sendable {
        var rows: Int
        var columns: Int
    }

    struct Integers: Hashable, Sendable {
        var packing: GroupedWeights.Packing
        var bits: Int
        /// Columns that share a scale; nil where a whole row does.
        var groupColumns: Int?
        /// Whether every zero point is in the middle of what a code can be.
        var isSymmetric = true
        /// Whether columns were quantised in another order than they are stored, so that neighbours may be of any group.
        var mixesGroups = false
        /// Whether zero points are stored less one, as GPTQ's first version does.
        var zerosAreOneLess = false

        /// The format that holds weights as they are, but for one that rounds groups' minimums; nil where none does.
        func exactFormat(groupColumns: Int) -> TensorFormat? {
            guard !mixesGroups, groupColumns.isMultiple(of: 32) else { return nil }
            if bits == 8 { return isSymmetric ? .q8_0 : nil }
            return isSymmetric ? .q4_0 : .q4_1
        }
    }

    /// Reads the object.
    ///
    /// - Throws: `ModelError` where the method, or something about it, is not one that Ponder reads.
    init(_ reader: SettingsReader) throws(ModelError) {
        switch try reader.string("quant_method")?.lowercased() {
        case "fp8": self = try .float8(Self.block(reader))
        case "gptq": self = .integers(try Integers(gptq: reader))
        case "awq": self = .integers(try Integers(awq: reader))
        case "compressed-tensors": self = try Self.compressedTensors(reader)
        default:
            throw reader.unsupported("quant_method", "Ponder reads fp8, gptq, awq, compressed-tensors and GGUF files")
        }
    }

    /// In the words of `ponder inspect`.
    var description: String {
        switch self {
        case .float8(let block):
            return "FP8 (E4M3), " + (block.map { "a scale for \($0.rows) × \($0.columns) weights" } ?? "scaled")
        case .integers(let integers):
            let method =
                switch integers.packing {
                case .gptq: "GPTQ"
                case .awq: "AWQ"
                case .rows: "compressed-tensors"
                }
            let group = integers.groupColumns.map { "groups of \($0) columns" } ?? "rows"
            let order = integers.mixesGroups ? ", reordered (desc_act)" : ""
            return "\(method), \(integers.bits) bits in \(integers.isSymmetric ? "symmetric " : "")\(group)\(order)"
        }
    }

    private static func block(_ reader: SettingsReader) throws(ModelError) -> Block? {
        if let form = try reader.string("fmt"), form.lowercased() != "e4m3" {
            throw reader.unsupported("fmt", "only e4m3 is read")
        }
        return try block(reader, "weight_block_size")
    }

    private static func block(_ reader: SettingsReader, _ key: String) throws(ModelError) -> Block? {
        guard let value = reader.value(key) else { return nil }
        let sides = (value.arrayValue ?? []).compactMap(\.intValue).filter { Qwen3Limits.width.contains($0) }
        guard value.arrayValue?.count == 2, sides.count == 2 else {
            throw reader.invalid(key, "two whole numbers from 1 to \(Qwen3Limits.width.upperBound)")
        }
        return Block(rows: sides[0], columns: sides[1])
    }

    private static func compressedTensors(_ reader: SettingsReader) throws(ModelError) -> StoredQuantization {
        let groups = reader.value("config_groups")?.objectValue
        guard let groups, groups.count == 1, let group = groups.first?.value.objectValue else {
            throw reader.unsupported("config_groups", "one group of modules is read")
        }
        let source = "\(reader.source): config_groups"
        guard let weights = try SettingsReader(source: source, object: group).nested("weights") else {
            throw reader.unsupported("config_groups", "the group says nothing of weights")
        }
        let type = try weights.string("type") ?? "int"
        switch try reader.string("format") {
        case "float-quantized" where type == "float":
            guard try weights.integer("num_bits", in: 1...64) == 8 else {
                throw weights.unsupported("num_bits", "8 is read")
            }
            return .float8(try block(weights, "block_structure"))
        case "pack-quantized" where type == "int": return .integers(try Integers(compressed: weights))
        default: throw reader.unsupported("format", "float-quantized and pack-quantized are read")
        }
    }
}

extension StoredQuantization.Integers {
    fileprivate init(gptq reader: SettingsReader) throws(ModelError) {
        packing = .gptq
        bits = try Self.bits(reader, "bits", of: [4, 8])
        groupColumns = try Self.groupColumns(reader, "group_size")
        isSymmetric = try reader.bool("sym") ?? true
        mixesGroups = try reader.bool("desc_act") ?? false && groupColumns != nil
        switch try reader.string("checkpoint_format") ?? "gptq" {
        case "gptq": zerosAreOneLess = true
        case "gptq_v2": zerosAreOneLess = false
        default: throw reader.unsupported("checkpoint_format", "gptq and gptq_v2 are read")
        }
        if let dynamic = reader.value("dynamic"), dynamic.objectValue?.isEmpty != true {
            throw reader.unsupported("dynamic", "all modules are read with the same bits and groups")
        }
    }

    fileprivate init(awq reader: SettingsReader) throws(ModelError) {
        packing = .awq
        bits = try Self.bits(reader, reader.value("bits") == nil ? "w_bit" : "bits", of: [4])
        groupColumns = try Self.groupColumns(reader, reader.value("group_size") == nil ? "q_group_size" : "group_size")
        isSymmetric = false
        if let version = try reader.string("version"), version.lowercased() != "gemm" {
            throw reader.unsupported("version", "gemm is read")
        }
    }

    fileprivate init(compressed reader: SettingsReader) throws(ModelError) {
        packing = .rows
        bits = try Self.bits(reader, "num_bits", of: [4, 8])
        switch try reader.string("strategy") ?? "channel" {
        case "group": groupColumns = try reader.integer("group_size", in: Qwen3Limits.width)
        case "channel": groupColumns = nil
        default: throw reader.unsupported("strategy", "group and channel are read")
        }
        isSymmetric = try reader.bool("symmetric") ?? true
        mixesGroups = try reader.string("actorder") == "group"
    }

    private static func bits(
        _ reader: SettingsReader, _ key: String, of allowed: [Int]
    ) throws(ModelError) -> Int {
        let bits = try reader.integer(key, in: 1...64)
        guard allowed.contains(bits) else {
            throw reader.unsupported(key, "\(allowed.map(String.init).joined(separator: " and ")) bits are read")
        }
        return bits
    }

    /// -1 is a whole row.
    private static func groupColumns(_ reader: SettingsReader, _ key: String) throws(ModelError) -> Int? {
        guard let value = reader.value(key), value.intValue != -1 else { return nil }
        return try reader.integer(key, in: Qwen3Limits.width)
    }
}
