import Compute
import Testing

/// What is multiplied in one parallel region, against the same products one after another.
@Suite struct FusedMultiplyTests {
    @Test(arguments: [(WeightFormat.q8_0, WeightFormat.q8_0), (.q4_K, .q6_K), (.f32, .q8_0), (.q4_0, .f16)])
    func threeMatricesAtOnceEqualOneAfterAnother(_ first: WeightFormat, _ third: WeightFormat) throws {
        var numbers = SeededNumbers(seed: 700 + UInt64(first.rawValue))
        let columns = 256
        for (rowCount, outputs) in [(1, [64, 32, 32]), (9, [70, 3, 48]), (70, [33, 200, 16]), (500, [64, 16, 16])] {
            let input = Rows(numbers.floats(rowCount * columns), columns: columns)
            let formats = [first, first, third]
            let bytes = zip(formats, outputs).map { numbers.weights($0, rows: $1, columns: columns) }
            for choice in everyPool where rowCount < 500 || choice.set != .portable {
                let pool = choice.make()
                let matrices = try (0..<3).map {
                    try makeMatrix(formats[$0], rows: outputs[$0], columns: columns, bytes: bytes[$0], pool: pool)
                }
                let results = outputs.map { Rows(count: rowCount, columns: $0) }
                let loaded = MultiplyInput(rowLimit: rowCount, columnLimit: columns)
                loaded.load(input.view)
                multiply(
                    loaded, by: (matrices[0], results[0].view), (matrices[1], results[1].view),
                    (matrices[2], results[2].view), pool: pool)
                for (matrix, result) in zip(matrices, results) {
                    #expect(result.bits == product(input, matrix, pool: pool).bits, "\(choice), \(rowCount) rows")
                }
            }
        }
    }

    @Test func formatsOfBothKindsShareTheWiderGroup() throws {
        #expect(ActivationGroup.wanted(by: .q8_0, .f32, .q4_K) == .of256)
        #expect(ActivationGroup.wanted(by: .q8_0, .q4_1) == .of32 && ActivationGroup.wanted(by: .bf16, .f32) == nil)
        var numbers = SeededNumbers(seed: 900)
        let (columns, rowCount) = (512, 7)
        let input = Rows(numbers.floats(rowCount * columns), columns: columns)
        let formats: [WeightFormat] = [.q8_0, .q4_K, .q5_0]
        let bytes = formats.map { numbers.weights($0, rows: 40, columns: columns) }
        var expected: [[UInt32]]?
        for choice in everyPool {
            let pool = choice.make()
            let matrices = try zip(formats, bytes).map {
                try makeMatrix($0, rows: 40, columns: columns, bytes: $1, pool: pool)
            }
            let results = formats.map { _ in Rows(count: rowCount, columns: 40) }
            let loaded = MultiplyInput(rowLimit: rowCount, columnLimit: columns)
            loaded.load(input.view)
            multiply(
                loaded, by: (matrices[0], results[0].view), (matrices[1], results[1].view),
                (matrices[2], results[2].view), pool: pool)
            let bits = results.map(\.bits)
            #expect(bits == expected ?? bits, "\(choice)")
            expected = bits
            #expect(bits[1] == product(input, matrices[1], pool: pool).bits, "\(choice)")
            #expect(bits[0] != product(input, matrices[0], pool: pool).bits, "\(choice)")
            let apart = formats.map { _ in Rows(count: rowCount, columns: 40) }
            loaded.load(input.view)
            multiply(loaded, by: matrices[0], into: apart[0].view, quantizing: .of256, pool: pool)
            multiply(
                loaded, by: (matrices[1], apart[1].view), (matrices[2], apart[2].view), quantizing: .of256, pool: pool)
            #expect(apart.map(\.bits) == bits, "\(choice)")
        }
    }

    @Test func anInputIsQuantisedAnewForAnotherGroup() throws {
        var numbers = SeededNumbers(seed: 901)
        let (columns, rowCount) = (256, 3)
        let input = Rows(numbers.floats(rowCount * columns), columns: columns)
        let pool = WorkerPool(threadCount: 2)
        let loaded = MultiplyInput(rowLimit: rowCount, columnLimit: columns)
        loaded.load(input.view)
        for format in [WeightFormat.q8_0, .q4_K, .q8_0, .f32, .q6_K] {
            let bytes = numbers.weights(format, rows: 20, columns: columns)
            let matrix = try makeMatrix(format, rows: 20, columns: columns, bytes: bytes, pool: pool)
            let results = Rows(count: rowCount, columns: 20)
            multiply(loaded, by: matrix, into: results.view, pool: pool)
            #expect(results.bits == product(input, matrix, pool: pool).bits, "\(format)")
        }
    }

    @Test(arguments: [(WeightFormat.q8_0, WeightFormat.q8_0), (.q4_K, .q6_K), (.f32, .q8_0), (.q4_0, .f16)])
    func aGatedProductEqualsItsPartsOneByOne(_ format: WeightFormat, _ down: WeightFormat) throws {
        var numbers = SeededNumbers(seed: 800 + UInt64(format.rawValue))
        let columns = 256
        for (rowCount, inner) in [(1, 256), (3, 32 * 256), (9, 256), (70, 512), (500, 256)] {
            let inner = down.blockColumns == 32 ? inner - 32 : inner
            let input = Rows(numbers.floats(rowCount * columns), columns: columns)
            let bytes = (0..<2).map { _ in numbers.weights(format, rows: inner, columns: columns) }
            let downBytes = numbers.weights(down, rows: 16, columns: inner)
            for choice in everyPool where rowCount < 70 || choice.set != .portable {
                let pool = choice.make()
                let matrices = try bytes.map {
                    try makeMatrix(format, rows: inner, columns: columns, bytes: $0, pool: pool)
                }
                let last = try makeMatrix(down, rows: 16, columns: inner, bytes: downBytes, pool: pool)
                let gate = activated(
                    gate: product(input, matrices[0], pool: pool), up: product(input, matrices[1], pool: pool),
                    pool: pool)
                let gates = Rows(count: rowCount, columns: inner)
                let loaded = MultiplyInput(rowLimit: rowCount, columnLimit: columns)
                let output = MultiplyInput(rowLimit: rowCount, columnLimit: inner)
                loaded.load(input.view)
                multiplyGated(
                    loaded, gate: matrices[0], up: matrices[1], into: gates.view, loading: output,
                    quantizing: down.activationGroup, pool: pool)
                let results = Rows(count: rowCount, columns: 16)
                multiply(output, by: last, into: results.view, pool: pool)
                #expect(down.isQuantized || gates.bits == gate.bits, "\(choice), \(rowCount) rows")
                #expect(results.bits == product(gate, last, pool: pool).bits, "\(choice), \(rowCount) rows")
            }
        }
    }
}
