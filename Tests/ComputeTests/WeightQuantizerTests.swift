import CKernels
import TestSupport
import Testing

@testable import Compute

/// Quantising of floats, beside what ggml's reference makes of the same rows: ordinary ones, outliers, constants, ties, zeros.
@Suite struct WeightQuantizerTests {
    private let values: [Float]

    init() throws {
        values = try Fixtures.floats("quant_made/values.f32.bin")
    }

    private func quantized(_ values: [Float], as format: WeightFormat) throws -> [UInt8] {
        let size = try #require(format.rowByteCount(columns: values.count))
        var bytes = [UInt8](repeating: 0xaa, count: size)
        quantize_weight_row(format.code, values.count, values, &bytes)
        return bytes
    }

    private func dequantized(_ bytes: [UInt8], _ format: WeightFormat) -> [Float] {
        let count = bytes.count / format.blockByteCount * format.blockColumns
        var values = [Float](repeating: 0, count: count)
        dequantize_weight_row(format.code, count, bytes, &values)
        return values
    }

    private func squaredError(_ bytes: [UInt8], _ format: WeightFormat, rows: Range<Int>) -> Double {
        let range = rows.lowerBound * 256..<rows.upperBound * 256
        return zip(dequantized(bytes, format)[range], values[range]).reduce(0) { sum, pair in
            sum + Double(pair.0 - pair.1) * Double(pair.0 - pair.1)
        }
    }

    @Test func q8_0IsGgmlsBitForBit() throws {
        #expect(try quantized(values, as: .q8_0) == Fixtures.bytes("quant_made/Q8_0.raw.bin"))
    }

    /// Rows of each kind together: normal, Laplace, Student's t; and uniform, with outliers, away from zero.
    @Test(arguments: [WeightFormat.q4_K, .q6_K], [0..<6, 6..<10, 10..<12, 12..<15])
    func errorsAreAtMostThoseOfGgml(_ format: WeightFormat, rows: Range<Int>) throws {
        let theirs = try Fixtures.bytes("quant_made/\("\(format)".uppercased()).raw.bin")
        let ours = try quantized(values, as: format)
        #expect(squaredError(ours, format, rows: rows) <= 1.001 * squaredError(theirs, format, rows: rows))
    }

    @Test(arguments: [WeightFormat.f32, .f16, .bf16, .q8_0])
    func whatAFormatHoldsStaysAsItIs(_ format: WeightFormat) throws {
        let once = dequantized(try quantized(values, as: format), format)
        #expect(dequantized(try quantized(once, as: format), format) == once)
    }

    @Test(arguments: [WeightFormat.f32, .f16, .bf16, .q8_0, .q4_K, .q6_K])
    func noNumberTraps(_ format: WeightFormat) throws {
        for odd: Float in [.nan, -.nan, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude, -0.0] {
            for count in [1, 20, 256] {
                let row = values.prefix(256 - count) + [Float](repeating: odd, count: count)
                #expect(try quantized(Array(row), as: format).count == format.rowByteCount(columns: 256))
            }
        }
    }
}
