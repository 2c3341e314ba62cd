import Compute
import Testing

@Suite struct ExpertTests {
    @Test func equalLogitsChooseTheLowerIndexFirst() {
        for choice in everyPool {
            let logits = Rows([1, 3, 3, 2, 3, 0, 2, 1], columns: 8)
            let routing = ExpertRouting(rowLimit: 1, choices: 5)
            route(logits.view, renormalizes: true, into: routing, pool: choice.make())
            #expect(Array(routing.experts.elements) == [1, 2, 4, 3, 6])
            #expect(abs(routing.shares.elements.reduce(0, +) - 1) < 1e-6)
        }
    }

    @Test func logitsThatAreNoNumbersStillChooseDistinctExperts() {
        let logits = Rows([.nan, .nan, .nan, .nan], columns: 4)
        let routing = ExpertRouting(rowLimit: 1, choices: 3)
        route(logits.view, renormalizes: true, into: routing, pool: WorkerPool(threadCount: 1))
        #expect(Array(routing.experts.elements) == [0, 1, 2])
    }

    @Test func sharesAreTheSoftmaxOfAllLogits() {
        var numbers = SeededNumbers(seed: 1)
        let values = numbers.floats(33 * 128)
        var reference: [Float] = []
        for choice in [PoolChoice(set: .portable, threads: 1)] + everyPool {
            let routing = ExpertRouting(rowLimit: 33, choices: 8)
            route(Rows(values, columns: 128).view, renormalizes: false, into: routing, pool: choice.make())
            if reference.isEmpty { reference = Array(routing.shares.elements) }
            #expect(Array(routing.shares.elements) == reference, "\(choice)")
        }
    }

    /// Experts of small sizes that leave tails: hidden 96, inner 64 (or 256 each for formats with long blocks).
    private struct Layer {
        let hidden: Int
        let inner: Int
        let experts: [[WeightMatrix]]
        let layer: ExpertLayer

        init(format: WeightFormat, down: WeightFormat, expertCount: Int, pool: WorkerPool) throws {
            var numbers = SeededNumbers(seed: 2)
            let long = max(format.blockColumns, down.blockColumns) == 256
            (hidden, inner) = long ? (256, 256) : (96, 64)
            let shapes = [(inner, hidden, format), (inner, hidden, format), (hidden, inner, down)]
            let bytes = shapes.map { rows, columns, format in
                (0..<expertCount).map { _ in numbers.weights(format, rows: rows, columns: columns) }
            }
            experts = try (0..<expertCount).map { expert in
                try shapes.indices.map { index in
                    let (rows, columns, format) = shapes[index]
                    return try makeMatrix(format, rows: rows, columns: columns, bytes: bytes[index][expert], pool: pool)
                }
            }
            let packed = try shapes.indices.map { index in
                let (rows, columns, format) = shapes[index]
                return try Array(bytes[index].joined()).withUnsafeBytes {
                    try ExpertWeights(
                        expertCount: expertCount, rows: rows, columns: columns, format: format, bytes: $0, pool: pool)
                }
            }
            layer = ExpertLayer(gate: packed[0], up: packed[1], down: packed[2])
        }

        /// One row through its experts, one multiplication at a time.
        func plain(_ row: [Float], experts chosen: [Int32], shares: [Float], pool: WorkerPool) -> [UInt32] {
            var sums = [Float](repeating: 0, count: hidden)
            for (expert, share) in zip(chosen, shares) {
                let matrices = experts[Int(expert)]
                let input = Rows(row, columns: hidden)
                let gate = activated(
                    gate: product(input, matrices[0], pool: pool), up: product(input, matrices[1], pool: pool),
                    pool: pool)
                let output = product(gate, matrices[2], pool: pool).values
                for i in sums.indices { sums[i] = sums[i].addingProduct(output[i], share) }
            }
            return sums.map(\.bitPattern)
        }
    }

    @Test(arguments: [(WeightFormat.f32, WeightFormat.f32), (.bf16, .q8_0), (.q4_0, .q8_0), (.q4_K, .q6_K)])
    func allExpertsInOneCallEqualOneAfterAnother(_ gate: WeightFormat, _ down: WeightFormat) throws {
        var numbers = SeededNumbers(seed: 3)
        let reference = referencePool()
        let subject = try Layer(format: gate, down: down, expertCount: 6, pool: reference)
        for rowCount in [1, 5, 23] {
            let input = Rows(numbers.floats(rowCount * subject.hidden), columns: subject.hidden)
            let routing = ExpertRouting(rowLimit: 23, choices: 2)
            route(
                Rows(numbers.floats(rowCount * 6), columns: 6).view, renormalizes: true, into: routing, pool: reference)
            let expected = (0..<rowCount).flatMap { row in
                subject.plain(
                    Array(input.view.row(row)), experts: (0..<2).map { routing.experts[row * 2 + $0] },
                    shares: (0..<2).map { routing.shares[row * 2 + $0] }, pool: reference)
            }
            for choice in everyPool {
                let scratch = ExpertScratch(
                    rowLimit: 23, choices: 2, expertCount: 6, hidden: subject.hidden, inner: subject.inner)
                let results = Rows(count: rowCount, columns: subject.hidden)
                let loaded = MultiplyInput(rowLimit: rowCount, columnLimit: subject.hidden)
                loaded.load(input.view)
                multiplyExperts(
                    loaded, by: subject.layer, routing: routing, into: results.view, scratch: scratch,
                    pool: choice.make())
                #expect(results.bits == expected, "\(choice), \(rowCount) rows")
            }
        }
    }
}
