import CKernels
import Compute
import TestSupport
import Testing

/// Packing moves words where it can; what the file's bytes stand for is what comes out of the tiles, bit by bit.
@Suite struct WeightPackingTests {
    @Test(
        arguments: WeightFormat.allCases.filter { $0 != .bf16Rounding },
        [(1, 1), (16, 2), (17, 3), (32, 4), (47, 5), (64, 9)])
    func tilesHoldExactlyWhatTheFileHolds(_ format: WeightFormat, _ shape: (rows: Int, blocks: Int)) throws {
        let columns = shape.blocks * format.blockColumns
        let rowByteCount = try #require(format.rowByteCount(columns: columns))
        var generator = SeededGenerator(seed: UInt64(shape.rows * 1_000 + shape.blocks))
        let bytes = (0..<shape.rows * rowByteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let matrix = try makeMatrix(
            format, rows: shape.rows, columns: columns, bytes: bytes, pool: WorkerPool(threadCount: 2))
        for row in 0..<shape.rows {
            var (packed, plain) = ([Float](repeating: 0, count: columns), [Float](repeating: 0, count: columns))
            matrix.row(row, into: &packed)
            bytes.withUnsafeBufferPointer { file in
                dequantize_weight_row(
                    weight_format(UInt32(format.rawValue)), columns, file.baseAddress! + row * rowByteCount, &plain)
            }
            #expect(packed.map(\.bitPattern) == plain.map(\.bitPattern))
        }
    }

    @Test func severalMatricesShareOneMemoryAndStayThemselves() throws {
        let (rows, columns) = (40, 256)
        let format = WeightFormat.q4_K
        let size = try #require(format.residentByteCount(rows: rows, columns: columns))
        let memory = try WeightMemory(byteCount: 3 * size)
        var generator = SeededGenerator(seed: 7)
        let files = (0..<3).map { _ in
            (0..<rows * 144).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        let pool = WorkerPool(threadCount: 2)
        let matrices = try files.map { file in
            try file.withUnsafeBytes { bytes in
                try WeightMatrix(rows: rows, columns: columns, format: format, bytes: bytes, memory: memory, pool: pool)
            }
        }
        for (matrix, file) in zip(matrices, files) {
            let alone = try makeMatrix(format, rows: rows, columns: columns, bytes: file, pool: pool)
            #expect(dequantized(matrix).map(\.bitPattern) == dequantized(alone).map(\.bitPattern))
        }
        let file = files[0]
        #expect(throws: WeightError.outOfMemory(byteCount: size)) {
            try file.withUnsafeBytes { bytes in
                _ = try WeightMatrix(
                    rows: rows, columns: columns, format: format, bytes: bytes, memory: memory, pool: pool)
            }
        }
    }
}
