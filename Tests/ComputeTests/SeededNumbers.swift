@testable import Compute

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }

    /// Floats around zero; one in fifty is ten times as far out.
    mutating func floats(_ count: Int) -> [Float] {
        (0..<count).map { _ in
            let value = Float.random(in: -1...1, using: &self)
            return Int.random(in: 0..<50, using: &self) == 0 ? value * 10 : value
        }
    }

    /// A matrix's bytes in a file's format: random codes, or all of them `codeBytes`; scales of ordinary size.
    mutating func weights(
        _ format: WeightFormat, rows: Int, columns: Int, scale: Float = 0.02, codeBytes: UInt8? = nil
    ) -> [UInt8] {
        let blocks = rows * columns / format.blockColumns
        return (0..<blocks).flatMap { _ in block(format, scale: scale, codeBytes: codeBytes) }
    }

    private mutating func block(_ format: WeightFormat, scale: Float, codeBytes: UInt8?) -> [UInt8] {
        func bytes(_ bits: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: bits.littleEndian) { Array($0) } }
        let value = Float.random(in: -1...1, using: &self)
        switch format {
        case .f32: return bytes(value.bitPattern)
        case .f16: return bytes(Float16(value).bitPattern)
        case .bf16, .bf16Rounding: return bytes(UInt16(value.bitPattern >> 16))
        default: break
        }
        var block = (0..<format.blockByteCount).map { _ in codeBytes ?? UInt8.random(in: 0...255, using: &self) }
        for offset in Self.halfOffsets(format) {
            let half = bytes(Float16(Float.random(in: -scale...scale, using: &self)).bitPattern)
            block.replaceSubrange(offset..<offset + 2, with: half)
        }
        if format == .mxfp4 { block[0] = UInt8.random(in: 110...125, using: &self) }
        return block
    }

    /// Where a block's f16 scales lie.
    private static func halfOffsets(_ format: WeightFormat) -> [Int] {
        switch format {
        case .q8_0, .q4_0, .q5_0, .iq4_NL, .iq4_XS: [0]
        case .q4_1, .q5_1, .q4_K, .q5_K: [0, 2]
        case .q2_K: [80, 82]
        case .q3_K: [108]
        case .q6_K: [208]
        case .f32, .f16, .bf16, .bf16Rounding, .mxfp4: []
        }
    }
}

/// The instruction sets of this machine.
let availableSets = CPUFeatures.supportedSets

/// Every instruction set of this machine with one thread and with two.
let everyPool: [PoolChoice] = availableSets.flatMap { set in [1, 2].map { PoolChoice(set: set, threads: $0) } }

struct PoolChoice: CustomStringConvertible {
    var set: InstructionSet
    var threads: Int
    var description: String { "\(set), \(threads) threads" }
    func make() -> WorkerPool { WorkerPool(threadCount: threads, features: .limited(to: set)) }
}

/// The plain C kernels on one thread: the specification.
func referencePool() -> WorkerPool { WorkerPool(threadCount: 1, features: .limited(to: .portable)) }

/// Rows of floats in memory that is never freed, so that views of it stay good.
struct Rows {
    let elements: UnsafeMutableBufferPointer<Float>
    let count: Int
    let columns: Int

    init(count: Int, columns: Int) {
        elements = .allocate(capacity: max(count * columns, 1))
        elements.initialize(repeating: 0)
        (self.count, self.columns) = (count, columns)
    }

    init(_ values: [Float], columns: Int) {
        self.init(count: values.count / columns, columns: columns)
        for (index, value) in values.enumerated() { elements[index] = value }
    }

    var pointer: UnsafeMutablePointer<Float> { elements.baseAddress.unsafelyUnwrapped }
    var view: RowsView { RowsView(pointer, count: count, columns: columns) }
    var values: [Float] { Array(elements.prefix(count * columns)) }
    var bits: [UInt32] { values.map(\.bitPattern) }
}

/// SwiGLU of every element: gate / (1 + exp(-gate)) · up.
func activated(gate: Rows, up: Rows, pool: WorkerPool) -> Rows {
    let results = Rows(count: gate.count, columns: gate.columns)
    for start in stride(from: 0, to: gate.count * gate.columns, by: gate.columns) {
        pool.kernels.pointee.elementwise.activate(
            gate.pointer + start, up.pointer + start, gate.columns, results.pointer + start)
    }
    return results
}

func makeMatrix(_ format: WeightFormat, rows: Int, columns: Int, bytes: [UInt8], pool: WorkerPool) throws
    -> WeightMatrix
{
    try bytes.withUnsafeBytes {
        try WeightMatrix(rows: rows, columns: columns, format: format, bytes: $0, pool: pool)
    }
}

/// A matrix as the floats it stands for, row after row.
func dequantized(_ matrix: WeightMatrix) -> [Float] {
    (0..<matrix.rows).flatMap { row -> [Float] in
        let values = AlignedBuffer<Float>(count: matrix.columns)
        matrix.row(row, into: values.pointer)
        return Array(values.elements)
    }
}

/// input · matrixᵀ on a pool.
func product(_ input: Rows, _ matrix: WeightMatrix, pool: WorkerPool) -> Rows {
    let results = Rows(count: input.count, columns: matrix.rows)
    let loaded = MultiplyInput(rowLimit: input.count, columnLimit: input.columns)
    loaded.load(input.view)
    multiply(loaded, by: matrix, into: results.view, pool: pool)
    return results
}
