internal import Checkpoints
internal import Compute

/// What a weight takes, from config.json alone.
///
/// Quantisers leave embeddings, heads, norms and routers in floats, and store scales in 16 bits.
struct Qwen3PlannedWeight {
    let storedByteCount: Int
    let residentByteCount: Int
    let target: TensorFormat
    /// Such as `BF16`, or `F8_E4M3 as Q8_0`.
    let formatName: String

    private static let scaleByteCount = 2

    /// - Throws: Where no matrix of this shape can be repacked.
    init(
        _ weight: Qwen3Weight, plain: TensorFormat, _ configuration: Qwen3Configuration, _ quantization: Quantization
    ) throws(ModelError) {
        let isPlain = weight.slot.isVector || [.embedding, .head, .router].contains(weight.slot)
        let storedName: String
        switch configuration.storedQuantization {
        case .float8(let block) where !isPlain:
            let block = block ?? .init(rows: 1, columns: weight.columns)
            let scaleCount = Self.count(weight.rows, block.rows) * Self.count(weight.columns, block.columns)
            storedByteCount = weight.elementCount + weight.expertCount * scaleCount * Self.scaleByteCount
            target = quantization.rounded(weight, configuration)
            storedName = TensorFormat.f8_E4M3.name
        case .integers(let integers) where !isPlain:
            let groupColumns = integers.groupColumns ?? weight.columns
            storedByteCount = weight.expertCount * Self.byteCount(of: weight, in: integers, groupColumns: groupColumns)
            target = integers.exactFormat(groupColumns: groupColumns) ?? quantization.rounded(weight, configuration)
            storedName = "INT\(integers.bits)"
        default:
            storedByteCount =
                weight.elementCount / plain.blockLength * (plain.byteCount(shape: [plain.blockLength]) ?? 0)
            target = quantization.target(of: weight, plain: plain, configuration)
            storedName = plain.name
        }
        formatName = storedName == target.name ? storedName : "\(storedName) as \(target)"
        // A vector is kept as floats.
        let matrix = WeightFormat(target)?.residentByteCount(rows: weight.rows, columns: weight.columns)
        guard let bytes = weight.slot.isVector ? weight.columns * MemoryLayout<Float>.stride : matrix else {
            throw .checkpoint(
                CheckpointError(
                    file: "config.json", expected: "matrices that can be repacked",
                    found: "\(weight.slot) of \(weight.columns) columns in \(target)"))
        }
        residentByteCount = weight.expertCount * bytes
    }

    /// Codes, scales, and zero points where the method stores them, of one matrix.
    private static func byteCount(
        of weight: Qwen3Weight, in integers: StoredQuantization.Integers, groupColumns: Int
    ) -> Int {
        let groupCount = weight.rows * count(weight.columns, groupColumns)
        let hasZeros = integers.packing != .rows || !integers.isSymmetric
        let hasGroups = integers.packing == .gptq || integers.mixesGroups
        return weight.rows * weight.columns * integers.bits / 8 + groupCount * scaleByteCount
            + (hasZeros ? groupCount * integers.bits / 8 : 0)
            + (hasGroups ? weight.columns * MemoryLayout<Int32>.stride : 0)
    }

    private static func count(_ size: Int, _ part: Int) -> Int { (size + part - 1) / part }
}
