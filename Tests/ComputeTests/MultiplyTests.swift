import COpenBLAS
import Compute
import Testing

@Suite struct MultiplyTests {
    /// Row counts, outputs and columns (in blocks) with every kind of tail.
    static let shapes: [(rows: Int, outputs: Int, blocks: Int)] = [
        (1, 16, 1), (2, 1, 3), (3, 33, 2), (5, 47, 1), (7, 16, 5), (9, 64, 1), (14, 40, 4), (25, 18, 3),
    ]

    @Test(arguments: WeightFormat.allCases)
    func everyInstructionSetGivesTheReferencesBits(_ format: WeightFormat) throws {
        var numbers = SeededNumbers(seed: UInt64(format.rawValue))
        for shape in Self.shapes {
            // Float blocks are single columns; an odd number of blocks of 32 ends in half a group.
            let columns = shape.blocks * format.blockColumns * (format.isQuantized ? 1 : 13)
            let bytes = numbers.weights(format, rows: shape.outputs, columns: columns)
            let reference = referencePool()
            let matrix = try makeMatrix(format, rows: shape.outputs, columns: columns, bytes: bytes, pool: reference)
            let input = Rows(numbers.floats(shape.rows * columns), columns: columns)
            let expected = product(input, matrix, pool: reference).bits
            for choice in everyPool {
                #expect(product(input, matrix, pool: choice.make()).bits == expected, "\(choice), \(shape)")
            }
        }
    }

    @Test(arguments: WeightFormat.allCases)
    func columnsBeyondOnePanelGiveTheReferencesBits(_ format: WeightFormat) throws {
        var numbers = SeededNumbers(seed: 100 + UInt64(format.rawValue))
        let columns = format.blockColumns * (format.blockColumns == 256 ? 5 : format.isQuantized ? 35 : 1100)
        let bytes = numbers.weights(format, rows: 33, columns: columns)
        let reference = referencePool()
        let matrix = try makeMatrix(format, rows: 33, columns: columns, bytes: bytes, pool: reference)
        // Few rows have a way of their own; six at a time leave three and five of the others.
        for rows in [3, 11, 57, 59] {
            let input = Rows(numbers.floats(rows * columns), columns: columns)
            let expected = product(input, matrix, pool: reference).bits
            for choice in everyPool {
                #expect(product(input, matrix, pool: choice.make()).bits == expected, "\(choice), \(rows)")
            }
        }
    }

    @Test(arguments: [WeightFormat.q8_0, .q4_1, .q4_K])
    func moreRowsThanAWorkersSumsHoldGiveTheReferencesBits(_ format: WeightFormat) throws {
        var numbers = SeededNumbers(seed: 200 + UInt64(format.rawValue))
        let columns = format.blockColumns, rows = 1030
        let bytes = numbers.weights(format, rows: 18, columns: columns)
        let reference = referencePool()
        let matrix = try makeMatrix(format, rows: 18, columns: columns, bytes: bytes, pool: reference)
        let input = Rows(numbers.floats(rows * columns), columns: columns)
        let expected = product(input, matrix, pool: reference).bits
        for choice in everyPool { #expect(product(input, matrix, pool: choice.make()).bits == expected, "\(choice)") }
    }

    @Test(arguments: WeightFormat.allCases)
    func extremeScalesGiveTheReferencesBits(_ format: WeightFormat) throws {
        var numbers = SeededNumbers(seed: 200 + UInt64(format.rawValue))
        let columns = 512
        let reference = referencePool()
        let bytes = numbers.weights(format, rows: 20, columns: columns, scale: 65000)
        let matrix = try makeMatrix(format, rows: 20, columns: columns, bytes: bytes, pool: reference)
        for magnitude in [0, Float(bitPattern: 7), 1e-36, 1e-30, 1e30, 3e38] {
            let values = numbers.floats(9 * columns).map { max(-1, min(1, $0)) * magnitude }
            let input = Rows(values, columns: columns)
            let expected = product(input, matrix, pool: reference).values
            for set in availableSets {
                let found = product(input, matrix, pool: WorkerPool(threadCount: 1, features: .limited(to: set))).values
                // Sums that overflow may become NaN, whose payload is the processor's business.
                let isEqual = zip(found, expected).allSatisfy {
                    $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN)
                }
                #expect(isEqual, "\(set), \(magnitude)")
            }
        }
    }

    /// The largest codes on both sides: sums that a kernel keeps in 16 bits must have room for them.
    @Test(arguments: WeightFormat.allCases.filter(\.isQuantized))
    func extremeCodesGiveTheReferencesBits(_ format: WeightFormat) throws {
        var numbers = SeededNumbers(seed: 250 + UInt64(format.rawValue))
        let columns = 512
        let reference = referencePool()
        // All codes of a row are ±127: the first row's 127, the second's -127, the third's both in turn, and so on.
        let values = (0..<9).flatMap { row in
            (0..<columns).map { column in Float(row % 3 == 0 || (row % 3 == 2 && column % 2 == 0) ? 1 : -1) }
        }
        for codeBytes: UInt8 in [0x00, 0x7f, 0x80, 0xff] {
            let bytes = numbers.weights(format, rows: 33, columns: columns, codeBytes: codeBytes)
            let matrix = try makeMatrix(format, rows: 33, columns: columns, bytes: bytes, pool: reference)
            for rows in [1, 3, 4, 9] {
                let some = Rows(Array(values.prefix(rows * columns)), columns: columns)
                let expected = product(some, matrix, pool: reference).bits
                for set in availableSets {
                    let found = product(some, matrix, pool: WorkerPool(threadCount: 1, features: .limited(to: set)))
                    #expect(found.bits == expected, "\(set), \(codeBytes), \(rows) rows")
                }
            }
        }
    }

    @Test(arguments: WeightFormat.allCases)
    func aRowsResultDoesNotDependOnItsCompany(_ format: WeightFormat) throws {
        var numbers = SeededNumbers(seed: 300 + UInt64(format.rawValue))
        let pool = WorkerPool(threadCount: 2)
        let columns = 256
        let bytes = numbers.weights(format, rows: 50, columns: columns)
        let matrix = try makeMatrix(format, rows: 50, columns: columns, bytes: bytes, pool: pool)
        let input = Rows(numbers.floats(40 * columns), columns: columns)
        let together = product(input, matrix, pool: pool).bits
        for row in 0..<40 {
            let alone = Rows(Array(input.view.row(row)), columns: columns)
            #expect(product(alone, matrix, pool: pool).bits == Array(together[row * 50..<(row + 1) * 50]))
        }
    }

    @Test(arguments: WeightFormat.allCases.filter(\.isQuantized))
    func quantisedRowsCostLittleAccuracy(_ format: WeightFormat) throws {
        var numbers = SeededNumbers(seed: 400 + UInt64(format.rawValue))
        let pool = WorkerPool(threadCount: 1)
        let columns = 1024
        let bytes = numbers.weights(format, rows: 32, columns: columns)
        let matrix = try makeMatrix(format, rows: 32, columns: columns, bytes: bytes, pool: pool)
        let weights = dequantized(matrix)
        let input = Rows((0..<columns * 4).map { _ in Float.random(in: -1...1, using: &numbers) }, columns: columns)
        let found = product(input, matrix, pool: pool).values
        for row in 0..<4 {
            for output in 0..<32 {
                var sum = 0.0
                var squares = 0.0
                for k in 0..<columns {
                    let term = Double(weights[output * columns + k]) * Double(input.view.row(row)[k])
                    sum += term
                    squares += term * term
                }
                // A code is off by half a 127th of the block's largest value at most, evenly spread: some 0.004 of a term.
                #expect(abs(Double(found[row * 32 + output]) - sum) < 0.02 * squares.squareRoot() + 1e-6)
            }
        }
    }

    @Test(arguments: [WeightFormat.f32, .f16, .bf16])
    func floatWeightsAgreeWithOpenBLAS(_ format: WeightFormat) throws {
        var numbers = SeededNumbers(seed: 500 + UInt64(format.rawValue))
        let pool = WorkerPool(threadCount: 2)
        let (rows, outputs, columns) = (19, 71, 531)
        let bytes = numbers.weights(format, rows: outputs, columns: columns)
        let matrix = try makeMatrix(format, rows: outputs, columns: columns, bytes: bytes, pool: pool)
        let input = Rows(numbers.floats(rows * columns), columns: columns)
        let weights = Rows(dequantized(matrix), columns: columns)
        let expected = Rows(count: rows, columns: outputs)
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(outputs), Int32(columns), 1,
            input.pointer, Int32(columns), weights.pointer, Int32(columns), 0, expected.pointer,
            Int32(outputs))
        for (found, wanted) in zip(product(input, matrix, pool: pool).values, expected.values) {
            #expect(abs(found - wanted) < 1e-3)
        }
    }

    @Test func activationsAreRoundedToTheWeightsFormat() throws {
        var numbers = SeededNumbers(seed: 700)
        let pool = WorkerPool(threadCount: 2)
        let (rows, outputs, columns) = (13, 40, 1055)
        let bytes = numbers.weights(.bf16, rows: outputs, columns: columns)
        let rounding = try makeMatrix(.bf16Rounding, rows: outputs, columns: columns, bytes: bytes, pool: pool)
        let exact = try makeMatrix(.bf16, rows: outputs, columns: columns, bytes: bytes, pool: pool)
        let values = numbers.floats(rows * columns)
        let rounded = values.map { value in
            // To nearest even: adding and taking off a multiple leaves the upper eight bits of the fraction.
            let shift = Float(sign: .plus, exponent: value.exponent + 16, significand: 1.5)
            return value + shift - shift
        }
        #expect(zip(values, rounded).contains { $0 != $1 })
        let found = product(Rows(values, columns: columns), rounding, pool: pool).values
        let expected = product(Rows(rounded, columns: columns), exact, pool: pool).values
        for (found, expected) in zip(found, expected) { #expect(abs(found - expected) < 1e-3) }
    }

    @Test func tinyNumbersCountAsZeroWhereActivationsAreRounded() throws {
        let pool = WorkerPool(threadCount: 1)
        let smallest = Float(sign: .plus, exponent: -50, significand: 1)
        let weights = [1, smallest.nextDown, smallest, 1].flatMap { (weight: Float) in
            withUnsafeBytes(of: UInt16(weight.bitPattern >> 16).littleEndian) { Array($0) }
        }
        let matrix = try makeMatrix(.bf16Rounding, rows: 1, columns: 4, bytes: weights, pool: pool)
        #expect(dequantized(matrix) == [1, 0, smallest, 1])
        for set in availableSets {
            let pool = WorkerPool(threadCount: 1, features: .limited(to: set))
            let input = Rows([smallest, 1, smallest, smallest / 4], columns: 4)
            let expected = smallest + smallest * smallest
            #expect(product(input, matrix, pool: pool).values == [expected], "\(set)")
        }
    }

    @Test func onlyTheLoadedRowsAreMultiplied() throws {
        var numbers = SeededNumbers(seed: 600)
        let pool = WorkerPool(threadCount: 1)
        let matrix = try makeMatrix(
            .q8_0, rows: 16, columns: 64, bytes: numbers.weights(.q8_0, rows: 16, columns: 64), pool: pool)
        let input = MultiplyInput(rowLimit: 4, columnLimit: 128)
        for count in [4, 1, 3] {
            let rows = Rows(numbers.floats(count * 64), columns: 64)
            let results = Rows(count: count, columns: 16)
            input.load(rows.view)
            multiply(input, by: matrix, into: results.view, pool: pool)
            #expect(results.bits == product(rows, matrix, pool: pool).bits)
        }
    }
}
