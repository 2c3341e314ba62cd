internal import CKernels

/// How a weight matrix is written in a file. All but the first four are ggml's block formats.
public enum WeightFormat: Int, Sendable, CaseIterable {
    case f32, f16, bf16
    /// Written as `bf16`, but the activations that it meets are rounded to BF16, too, as processors' products of BF16 want
    /// it. Numbers below 2^-50 count as zero.
    case bf16Rounding
    // The names that ggml and its files use.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q8_0
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q4_0, q4_1, q5_0, q5_1
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q2_K, q3_K, q4_K, q5_K, q6_K
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case iq4_NL, iq4_XS
    case mxfp4

    /// Whether the weights are small integers with a scale; rows are then quantised before they are multiplied.
    public var isQuantized: Bool { weight_format_is_quantized(code) }

    /// Columns that are written together: a row's length is a multiple of it.
    public var blockColumns: Int { weight_block_columns(code) }

    /// Bytes of `blockColumns` weights in the file.
    public var blockByteCount: Int { weight_block_bytes(code) }

    /// Bytes of a row in the file; nil when the columns do not fill whole blocks or the number is too large.
    public func rowByteCount(columns: Int) -> Int? {
        guard columns >= 0, columns.isMultiple(of: blockColumns) else { return nil }
        let (bytes, overflow) = (columns / blockColumns).multipliedReportingOverflow(by: blockByteCount)
        return overflow ? nil : bytes
    }

    /// Bytes in memory of a matrix that was repacked for the kernels; nil as for `rowByteCount`.
    public func residentByteCount(rows: Int, columns: Int) -> Int? {
        // A packed column is never wider than twice a float.
        guard rows >= 0, rowByteCount(columns: columns) != nil, columns <= Int.max / 4096 else { return nil }
        let tiles = (rows / 16) + (rows.isMultiple(of: 16) ? 0 : 1)
        let (bytes, overflow) = tiles.multipliedReportingOverflow(by: weight_tile_bytes(code, columns))
        return overflow ? nil : bytes
    }

    /// A number that changes with the layout of any format's tiles, so that tiles of another release are told from ours.
    public static let layoutDigest: UInt64 = {
        var (state, hash): (UInt64, UInt64) = (1, 0xcbf2_9ce4_8422_2325)
        for format in allCases {
            let columns = 256 + format.blockColumns
            guard let rowBytes = format.rowByteCount(columns: columns) else { continue }
            let file: [UInt8] = (0..<16 * rowBytes).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            var tile = [UInt8](repeating: 0, count: weight_tile_bytes(format.code, columns))
            unsafe tile.withUnsafeMutableBytes { bytes in
                unsafe pack_weight_tile(format.code, columns, 16, file, rowBytes, bytes.baseAddress)
            }
            hash = tile.reduce(hash) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        }
        return hash
    }()

    var code: weight_format { weight_format(rawValue: weight_format.RawValue(rawValue)) }
}

/// Why a weight matrix cannot be made.
public enum WeightError: Error, Equatable, CustomStringConvertible {
    /// A row's length must be a multiple of the format's block.
    case columnsNotInBlocks(columns: Int, format: WeightFormat)
    /// The file's bytes are not those of a matrix of this shape.
    case byteCountDiffers(expected: Int, found: Int)
    /// Rows, columns or experts that are negative, none or too many.
    case shapeOutOfRange(rows: Int, columns: Int)
    case outOfMemory(byteCount: Int)
    /// A column's group, of so many, is not there.
    case groupOutOfRange(count: Int)

    public var description: String {
        switch self {
        case .columnsNotInBlocks(let columns, let format):
            "\(columns) columns do not fill whole blocks of \(format.blockColumns), as \(format) needs."
        case .byteCountDiffers(let expected, let found):
            "The weights take \(expected) bytes, but \(found) are given."
        case .shapeOutOfRange(let rows, let columns):
            "A matrix of \(rows) rows and \(columns) columns is out of range."
        case .outOfMemory(let byteCount):
            "No memory for \(byteCount) bytes of weights."
        case .groupOutOfRange(let count):
            "A column's group is not one of the \(count) that have scales."
        }
    }
}
