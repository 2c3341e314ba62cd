import Compute
import TestSupport
import Testing

@Suite struct WeightMatrixTests {
    @Test(arguments: WeightFormat.allCases.filter { $0 != .f32 && $0 != .bf16Rounding })
    func rowsAreTheValuesThatOtherImplementationsRead(_ format: WeightFormat) throws {
        let name = "\(format)".uppercased()
        let bytes = try Fixtures.bytes("quant_blocks/\(name).raw.bin")
        let expected = try Fixtures.floats("quant_blocks/\(name).f32.bin")
        let blocks = bytes.count / format.blockByteCount
        let rows = format.isQuantized ? 4 : 1
        let columns = blocks / rows * format.blockColumns
        let matrix = try makeMatrix(format, rows: rows, columns: columns, bytes: bytes, pool: referencePool())
        #expect(dequantized(matrix).map(\.bitPattern) == expected.map(\.bitPattern))
    }

    @Test func floatRowsStayAsTheyAre() throws {
        var numbers = SeededNumbers(seed: 1)
        let values = numbers.floats(5 * 37)
        let bytes = values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } }
        let matrix = try makeMatrix(.f32, rows: 5, columns: 37, bytes: bytes, pool: referencePool())
        #expect(dequantized(matrix) == values)
    }

    @Test(arguments: [WeightFormat.q8_0, .q4_0, .q4_1, .q5_0, .q5_1, .q4_K, .q5_K, .f32, .f16, .bf16, .bf16Rounding])
    func repackedWeightsAreAsLargeAsTheFile(_ format: WeightFormat) throws {
        let file = try #require(format.rowByteCount(columns: 1024))
        #expect(format.residentByteCount(rows: 64, columns: 1024) == file * 64)
    }

    @Test(arguments: WeightFormat.allCases)
    func repackedWeightsAreHardlyLargerThanTheFile(_ format: WeightFormat) throws {
        let file = try #require(format.rowByteCount(columns: 1024))
        let resident = try #require(format.residentByteCount(rows: 64, columns: 1024))
        #expect(Double(resident) <= Double(file * 64) * 1.06)
    }

    @Test func shapesThatDoNotFitAreRefused() throws {
        let pool = referencePool()
        #expect(throws: WeightError.columnsNotInBlocks(columns: 100, format: .q4_K)) {
            try makeMatrix(.q4_K, rows: 1, columns: 100, bytes: [], pool: pool)
        }
        #expect(throws: WeightError.byteCountDiffers(expected: 68, found: 67)) {
            try makeMatrix(.q8_0, rows: 2, columns: 32, bytes: Array(repeating: 0, count: 67), pool: pool)
        }
        #expect(throws: WeightError.shapeOutOfRange(rows: .max, columns: 64)) {
            try makeMatrix(.f32, rows: .max, columns: 64, bytes: [], pool: pool)
        }
        #expect(throws: WeightError.shapeOutOfRange(rows: 4, columns: -32)) {
            try makeMatrix(.q8_0, rows: 4, columns: -32, bytes: [], pool: pool)
        }
    }
}
