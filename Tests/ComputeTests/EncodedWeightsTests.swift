import TestSupport
import Testing

@testable import Compute

/// Weights as other quantisers pack them: whatever is packed is read again, and repacked without a change.
@Suite struct EncodedWeightsTests {
    /// Random codes, zero points and scales of a matrix, and the same packed.
    private struct Packed {
        var rows: Int
        var columns: Int
        var group: Int
        var bits: Int
        var codes: [[UInt32]] = []
        var zeros: [[UInt32]] = []
        var scales: [[Float16]] = []
        var owners: [Int32] = []

        init(_ numbers: inout SeededNumbers, bits: Int, isSymmetric: Bool, isMixed: Bool) {
            rows = 8 * Int.random(in: 1...5, using: &numbers)
            group = [32, 64, 128].randomElement(using: &numbers) ?? 32
            columns = group * Int.random(in: 1...3, using: &numbers)
            self.bits = bits
            let limit = UInt32(1) << bits
            for _ in 0..<rows {
                codes.append((0..<columns).map { _ in UInt32.random(in: 0..<limit, using: &numbers) })
                zeros.append(
                    (0..<columns / group).map { _ in
                        isSymmetric ? limit / 2 : UInt32.random(in: 0..<limit, using: &numbers)
                    })
                scales.append((0..<columns / group).map { _ in Float16.random(in: 0.001...0.1, using: &numbers) })
            }
            let width = Int32(group)
            owners = (0..<Int32(columns)).map { $0 / width }
            if isMixed { owners.shuffle(using: &numbers) }
        }

        func value(_ row: Int, _ column: Int) -> Float {
            let owner = Int(owners[column])
            return (Float(codes[row][column]) - Float(zeros[row][owner])) * Float(scales[row][owner])
        }

        /// Words of neighbours along a line.
        private func words(_ line: [UInt32]) -> [UInt32] {
            let perWord = 32 / bits
            return stride(from: 0, to: line.count, by: perWord).map { start in
                (0..<perWord).reduce(0) { $0 | line[start + $1] << UInt32($1 * bits) }
            }
        }

        private func transposed<Value>(_ lines: [[Value]]) -> [[Value]] {
            lines[0].indices.map { column in lines.map { $0[column] } }
        }

        private func awqOrdered(_ line: [UInt32]) -> [UInt32] {
            stride(from: 0, to: line.count, by: 8).flatMap { start in [0, 2, 4, 6, 1, 3, 5, 7].map { line[start + $0] }
            }
        }

        func bytes(
            _ packing: GroupedWeights.Packing, less: UInt32
        ) -> (codes: [UInt32], zeros: [UInt32], scales: [Float16]) {
            let stored = zeros.map { $0.map { ($0 &- less) & (1 << UInt32(bits) - 1) } }
            switch packing {
            case .gptq:
                return (
                    transposed(codes.map(words)).flatMap(\.self), transposed(stored).flatMap(words),
                    transposed(scales).flatMap(\.self)
                )
            case .awq:
                return (
                    transposed(codes).flatMap { words(awqOrdered($0)) },
                    transposed(stored).flatMap { words(awqOrdered($0)) }, transposed(scales).flatMap(\.self)
                )
            case .rows:
                return (
                    codes.flatMap(words), transposed(transposed(stored).map(words)).flatMap(\.self),
                    scales.flatMap(\.self)
                )
            }
        }

        func encoded<Result>(
            _ packing: GroupedWeights.Packing, zerosAreOneLess: Bool, hasZeros: Bool, hasOwners: Bool,
            _ body: (EncodedWeights) throws -> Result
        ) throws -> Result {
            let (codes, zeros, scales) = bytes(packing, less: zerosAreOneLess ? 1 : 0)
            return try codes.withUnsafeBytes { codes in
                try zeros.withUnsafeBytes { zeros in
                    try scales.withUnsafeBytes { scales in
                        try owners.withUnsafeBytes { owners in
                            var weights = GroupedWeights(
                                packing: packing, bits: bits, rows: rows, columns: columns, groupColumns: group,
                                codes: codes, scales: scales, scaleFormat: .f16)
                            weights.zeros = hasZeros ? zeros : nil
                            weights.zerosAreOneLess = zerosAreOneLess
                            weights.groupOfColumn = hasOwners ? owners : nil
                            return try body(EncodedWeights(weights))
                        }
                    }
                }
            }
        }
    }

    private func rows(_ weights: EncodedWeights, _ range: Range<Int>) -> [Float] {
        var values = [Float](repeating: 0, count: range.count * weights.columns)
        weights.read(range, into: &values)
        return values
    }

    /// Rows rewritten in a format, as floats again.
    private func rewritten(_ weights: EncodedWeights, as format: WeightFormat) throws -> [Float] {
        let size = try #require(format.rowByteCount(columns: weights.columns))
        var bytes = [UInt8](repeating: 0, count: size * weights.rows)
        bytes.withUnsafeMutableBytes { bytes in
            let middle = weights.rows / 3
            for range in [0..<middle, middle..<weights.rows] {
                weights.write(
                    range, as: format, to: .init(rebasing: bytes[range.lowerBound * size..<range.upperBound * size]))
            }
        }
        return dequantized(
            try makeMatrix(format, rows: weights.rows, columns: weights.columns, bytes: bytes, pool: referencePool()))
    }

    @Test(arguments: [GroupedWeights.Packing.gptq, .awq, .rows], [4, 8])
    func whatIsPackedIsReadAgain(_ packing: GroupedWeights.Packing, bits: Int) throws {
        guard packing != .awq || bits == 4 else { return }
        var numbers = SeededNumbers(seed: 31)
        for round in 0..<24 {
            let (isSymmetric, isMixed) = (round % 2 == 0, round % 3 == 0)
            let packed = Packed(&numbers, bits: bits, isSymmetric: isSymmetric, isMixed: isMixed)
            let expected = (0..<packed.rows).map { row in (0..<packed.columns).map { packed.value(row, $0) } }
            try packed.encoded(
                packing, zerosAreOneLess: packing == .gptq && round % 4 < 2, hasZeros: !isSymmetric || round % 4 == 0,
                hasOwners: isMixed || round % 5 == 0
            ) { weights in
                #expect(rows(weights, 0..<packed.rows) == expected.flatMap(\.self))
                #expect(rows(weights, 3..<5) == expected[3..<5].flatMap(\.self))
                for format in weights.exactFormats {
                    let values = try rewritten(weights, as: format)
                    // A minimum is at most 15 scales, and rounded to eleven bits.
                    let step: Float = format == .q4_1 ? 0.1 * 15 / 2048 + 1e-6 : 0
                    #expect(zip(values, expected.flatMap(\.self)).allSatisfy { abs($0 - $1) <= step })
                }
                let isInOrder = packed.owners == packed.owners.sorted()
                #expect(weights.exactFormats.isEmpty == !(isInOrder && (bits == 4 || isSymmetric)))
                #expect(weights.exactFormats.contains(bits == 4 ? .q4_0 : .q8_0) == (isInOrder && isSymmetric))
            }
        }
    }

    @Test func mixedGroupsAreRoundedToBytes() throws {
        var numbers = SeededNumbers(seed: 32)
        let packed = Packed(&numbers, bits: 4, isSymmetric: false, isMixed: true)
        try packed.encoded(.gptq, zerosAreOneLess: true, hasZeros: true, hasOwners: true) { weights in
            let values = try rewritten(weights, as: .q8_0)
            for (row, column) in [(0, 0), (packed.rows - 1, packed.columns - 1), (4, 17)] {
                #expect(abs(values[row * packed.columns + column] - packed.value(row, column)) <= 1.5 / 127)
            }
        }
    }

    @Test func groupsAndBuffersThatDoNotFitAreRefused() {
        let room = [UInt8](repeating: 0xff, count: 4096)
        room.withUnsafeBytes { room in
            func refusal(_ change: (inout GroupedWeights) -> Void) -> WeightError? {
                var weights = GroupedWeights(
                    packing: .gptq, bits: 4, rows: 8, columns: 64, groupColumns: 32,
                    codes: .init(rebasing: room[0..<256]), scales: .init(rebasing: room[0..<32]), scaleFormat: .f16)
                change(&weights)
                do {
                    _ = try EncodedWeights(weights)
                    return nil
                } catch {
                    return error
                }
            }
            #expect(refusal { _ in } == nil)
            #expect(refusal { $0.bits = 3 } == .shapeOutOfRange(rows: 8, columns: 64))
            #expect(refusal { $0.groupColumns = 48 } == .shapeOutOfRange(rows: 8, columns: 64))
            #expect(refusal { $0.groupColumns = 0 } == .shapeOutOfRange(rows: 8, columns: 64))
            #expect(
                refusal { $0.codes = .init(rebasing: room[0..<255]) } == .byteCountDiffers(expected: 256, found: 255))
            #expect(refusal { $0.zeros = .init(rebasing: room[0..<4]) } == .byteCountDiffers(expected: 8, found: 4))
            #expect(refusal { $0.groupOfColumn = .init(rebasing: room[0..<256]) } == .groupOutOfRange(count: 2))
            #expect(refusal { $0.rows = .max } != nil)
        }
    }

    /// All 256 codes, by the definition: 1 sign, 4 bits of exponent around 7, 3 of mantissa.
    @Test func everyFloat8HasItsValue() throws {
        let codes = (0...255).map(UInt8.init)
        let scales: [Float] = [0.5, 3]
        try codes.withUnsafeBytes { codes in
            try scales.withUnsafeBytes { scales in
                let weights = try EncodedWeights(
                    rows: 2, columns: 128, codes: codes, scales: scales, scaleFormat: .f32, blockRows: 1,
                    blockColumns: 128)
                for (index, value) in rows(weights, 0..<2).enumerated() {
                    let (exponent, mantissa) = (index >> 3 & 15, Float(index & 7))
                    let power = (1..<max(exponent, 1)).reduce(Float(1) / 64) { value, _ in value * 2 }
                    let magnitude = exponent == 0 ? mantissa / 512 : power * (1 + mantissa / 8)
                    let scale = scales.loadUnaligned(fromByteOffset: index / 128 * 4, as: Float.self)
                    if index & 127 == 127 {
                        #expect(value.isNaN)
                    } else {
                        #expect(value == (index < 128 ? magnitude : -magnitude) * scale)
                    }
                }
            }
        }
    }
}
