internal import CKernels

/// A weight matrix of 4-bit or 8-bit integers in 32-bit words, as GPTQ, AWQ and compressed-tensors store it:
/// value = scale · (code − zero), a scale and a zero for each group of columns.
@safe
public struct GroupedWeights {
    /// Which way the words hold the codes.
    public enum Packing: Hashable, Sendable {
        /// Neighbouring columns share a word: codes `[columns / per word × rows]`, zeros `[groups × rows / per word]`, scales
        /// `[groups × rows]`.
        case gptq
        /// Neighbouring rows share a word, in the order 0, 2, 4, 6, 1, 3, 5, 7: codes `[columns × rows / 8]`, zeros
        /// `[groups × rows / 8]`, scales `[groups × rows]`.
        case awq
        /// Neighbouring columns share a word: codes `[rows × columns / per word]`, zeros `[rows / per word × groups]`, scales
        /// `[rows × groups]`.
        case rows
    }

    public var packing: Packing
    public var bits: Int
    public var rows: Int
    public var columns: Int
    /// Columns that share a scale; the last group is whole.
    public var groupColumns: Int
    public var codes: UnsafeRawBufferPointer
    /// Nil where all are in the middle, 8 or 128.
    public var zeros: UnsafeRawBufferPointer?
    /// GPTQ's first version stores zeros less one.
    public var zerosAreOneLess = false
    public var scales: UnsafeRawBufferPointer
    public var scaleFormat: WeightFormat
    /// The group of each column as a 32-bit integer; nil where they are in order.
    public var groupOfColumn: UnsafeRawBufferPointer?

    public init(
        packing: Packing, bits: Int, rows: Int, columns: Int, groupColumns: Int, codes: UnsafeRawBufferPointer,
        scales: UnsafeRawBufferPointer, scaleFormat: WeightFormat
    ) {
        self.packing = packing
        self.bits = bits
        self.rows = rows
        self.columns = columns
        self.groupColumns = groupColumns
        unsafe self.codes = unsafe codes
        unsafe self.scales = unsafe scales
        self.scaleFormat = scaleFormat
    }

    /// The kernels' view of them, once every buffer has the bytes that the shape asks for and every column a group.
    func checked() throws(WeightError) -> grouped_matrix {
        let perWord = 32 / max(bits, 1)
        let sides = 1...(1 << 40)
        guard [4, 8].contains(bits), sides.contains(rows), sides.contains(columns), groupColumns > 0,
            columns.isMultiple(of: groupColumns),
            packing != .awq || bits == 4, [.f32, .f16, .bf16].contains(scaleFormat)
        else { throw .shapeOutOfRange(rows: rows, columns: columns) }
        let groups = columns / groupColumns
        let packed = packing == .awq ? rows : columns
        guard packed.isMultiple(of: perWord), unsafe zeros == nil || rows.isMultiple(of: perWord) else {
            throw .shapeOutOfRange(rows: rows, columns: columns)
        }
        try unsafe EncodedWeights.check(codes.count, packed / perWord, (packing == .awq ? columns : rows) * 4)
        try unsafe EncodedWeights.check(scales.count, rows, groups * scaleFormat.blockByteCount)
        if let zeros = unsafe zeros { try EncodedWeights.check(zeros.count, rows / perWord, groups * 4) }
        if let list = unsafe groupOfColumn { try EncodedWeights.check(list.count, columns, 4) }
        var matrix = unsafe grouped_matrix()
        unsafe matrix.packing = packing.code
        unsafe matrix.bits = UInt32(bits)
        unsafe matrix.codes = codes.assumingMemoryBound(to: UInt8.self).baseAddress
        unsafe matrix.zeros = zeros?.assumingMemoryBound(to: UInt8.self).baseAddress
        unsafe matrix.zeros_are_one_less = zerosAreOneLess
        unsafe matrix.scales = scales.assumingMemoryBound(to: UInt8.self).baseAddress
        unsafe matrix.scale_format = scaleFormat.code
        unsafe matrix.group_of_column = groupOfColumn?.assumingMemoryBound(to: UInt8.self).baseAddress
        unsafe matrix.rows = rows
        unsafe matrix.columns = columns
        unsafe matrix.group_columns = groupColumns
        guard unsafe grouped_matrix_order(&matrix, groups) != groups_out_of_range else {
            throw .groupOutOfRange(count: groups)
        }
        return unsafe matrix
    }
}

extension GroupedWeights.Packing {
    fileprivate var code: integer_packing {
        switch self {
        case .gptq: packing_gptq
        case .awq: packing_awq
        case .rows: packing_rows
        }
    }
}
