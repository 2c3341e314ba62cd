import Compute
import Foundation
import Testing

@Suite struct AttentionTests {
    struct Shape: CustomStringConvertible {
        var kvHeads: Int
        var group: Int
        var dimension: Int
        var tokens: Int
        var description: String { "\(kvHeads)·\(group) heads of \(dimension), \(tokens) tokens" }
    }

    static let shapes = [
        Shape(kvHeads: 1, group: 1, dimension: 16, tokens: 1), Shape(kvHeads: 2, group: 2, dimension: 32, tokens: 70),
        Shape(kvHeads: 1, group: 7, dimension: 24, tokens: 33), Shape(kvHeads: 1, group: 4, dimension: 48, tokens: 40),
    ]

    private func numbersFor(_ shape: Shape) -> (queries: Rows, keys: Rows, values: Rows) {
        var numbers = SeededNumbers(seed: UInt64(shape.tokens))
        let width = shape.kvHeads * shape.dimension
        return (
            Rows(numbers.floats(shape.tokens * width * shape.group), columns: width * shape.group),
            Rows(numbers.floats(shape.tokens * width), columns: width),
            Rows(numbers.floats(shape.tokens * width), columns: width)
        )
    }

    @Test(arguments: KVCacheFormat.allCases, shapes)
    func everyInstructionSetGivesTheReferencesBits(_ format: KVCacheFormat, _ shape: Shape) {
        let (queries, keys, values) = numbersFor(shape)
        var expected: [UInt32] = []
        for choice in [PoolChoice(set: .portable, threads: 1)] + everyPool {
            let pool = choice.make()
            let cache = FilledCache(
                format: format, kvHeads: shape.kvHeads, dimension: shape.dimension, keys: keys, values: values,
                pool: pool)
            let results = Rows(count: shape.tokens, columns: queries.columns)
            cache.attend(
                queries.view, into: results.view, firstPosition: 0, heads: shape.kvHeads * shape.group, pool: pool)
            if expected.isEmpty { expected = results.bits }
            #expect(results.bits == expected, "\(choice)")
        }
    }

    /// With a cache of bytes: of what queries, keys and values stand for once they are rounded.
    @Test(arguments: shapes, [KVCacheFormat.f32, .q8_0])
    func resultsAreThoseOfSoftmaxInDoublePrecision(_ shape: Shape, _ format: KVCacheFormat) {
        let (queries, keys, values) = numbersFor(shape)
        let pool = WorkerPool(threadCount: 2)
        let cache = FilledCache(
            format: format, kvHeads: shape.kvHeads, dimension: shape.dimension, keys: keys, values: values, pool: pool)
        let results = Rows(count: shape.tokens, columns: queries.columns)
        cache.attend(queries.view, into: results.view, firstPosition: 0, heads: shape.kvHeads * shape.group, pool: pool)
        func seen(_ rows: Rows, scale: (Float) -> Float) -> [Float] {
            format == .f32 ? rows.values : rows.values.rounded(headDimension: shape.dimension, scale: scale)
        }
        let q = seen(queries) { $0 }
        let (k, v) = (seen(keys) { Float(Float16($0)) }, seen(values) { Float(Float16($0)) })
        let found = results.values
        for row in 0..<shape.tokens {
            for head in 0..<shape.kvHeads * shape.group {
                let queryStart = row * queries.columns + head * shape.dimension
                let kvStart = head / shape.group * shape.dimension
                let scores = (0...row).map { position in
                    (0..<shape.dimension).reduce(0.0) {
                        $0 + Double(q[queryStart + $1]) * Double(k[position * keys.columns + kvStart + $1])
                    } / Double(shape.dimension).squareRoot()
                }
                let largest = scores.max() ?? 0
                let shares = scores.map { exp($0 - largest) }
                let total = shares.reduce(0, +)
                for d in 0..<shape.dimension {
                    let wanted = (0...row).reduce(0.0) {
                        $0 + shares[$1] / total * Double(v[$1 * values.columns + kvStart + d])
                    }
                    #expect(abs(Double(found[queryStart + d]) - wanted) < 1e-4)
                }
            }
        }
    }

    /// Long enough for three spans of 1,024 positions.
    @Test(arguments: [KVCacheFormat.f16, .q8_0])
    func chunksOfAPromptGiveTheBitsOfTheWhole(_ format: KVCacheFormat) {
        let shape = Shape(kvHeads: 1, group: 2, dimension: 16, tokens: 2100)
        let (queries, keys, values) = numbersFor(shape)
        let first = 2040
        let rows = shape.tokens - first
        let late = Rows(Array(queries.values.dropFirst(first * queries.columns)), columns: queries.columns)
        var expected: [UInt32] = []
        for choice in [PoolChoice(set: .portable, threads: 1)] + everyPool {
            let pool = choice.make()
            let cache = FilledCache(format: format, kvHeads: 1, dimension: 16, keys: keys, values: values, pool: pool)
            let whole = Rows(count: rows, columns: queries.columns)
            cache.attend(late.view, into: whole.view, firstPosition: first, heads: 2, pool: pool)
            if expected.isEmpty { expected = whole.bits }
            #expect(whole.bits == expected, "\(choice)")
            for chunk in [1, 7, 33] {
                let pieces = Rows(count: rows, columns: queries.columns)
                for start in stride(from: 0, to: rows, by: chunk) {
                    let count = min(chunk, rows - start)
                    let offset = start * queries.columns
                    cache.attend(
                        RowsView(late.pointer + offset, count: count, columns: queries.columns),
                        into: RowsView(pieces.pointer + offset, count: count, columns: queries.columns),
                        firstPosition: first + start, heads: 2, pool: pool)
                }
                #expect(pieces.bits == expected, "\(choice), chunks of \(chunk)")
            }
        }
    }

    /// A row alone takes another way through the kernels than many do: each number of heads has a shape of its own.
    @Test(arguments: [1, 2, 3, 4, 5, 6, 8, 9], [16, 40, 128, 160])
    func aRowAloneGivesTheReferencesBits(group: Int, dimension: Int) {
        let shape = Shape(kvHeads: 1, group: group, dimension: dimension, tokens: 300)
        let (queries, keys, values) = numbersFor(shape)
        for format in KVCacheFormat.allCases {
            var expected: [UInt32] = []
            for set in availableSets {
                let pool = PoolChoice(set: set, threads: 1).make()
                let cache = FilledCache(
                    format: format, kvHeads: 1, dimension: dimension, keys: keys, values: values, pool: pool)
                let results = Rows(count: shape.tokens, columns: queries.columns)
                for position in [0, 1, 30, 31, 32, 100, 127, 128, 129, 255, 299] {
                    let offset = position * queries.columns
                    cache.attend(
                        RowsView(queries.pointer + offset, count: 1, columns: queries.columns),
                        into: RowsView(results.pointer + offset, count: 1, columns: queries.columns),
                        firstPosition: position, heads: group, pool: pool)
                }
                if expected.isEmpty { expected = results.bits }
                #expect(results.bits == expected, "\(set), \(format)")
            }
        }
    }

    /// Rows of a batch that belong to one sequence.
    struct Part {
        var first: Int
        var count: Int
        var position: Int
    }

    @Test(arguments: [KVCacheFormat.bf16, .q8_0])
    func sequencesDoNotDisturbEachOther(_ format: KVCacheFormat) {
        // Three sequences that share a prefix: 20 rows at 50, 1 row at 3, 40 rows at 0.
        let parts = [
            Part(first: 0, count: 20, position: 50), Part(first: 20, count: 1, position: 3),
            Part(first: 21, count: 40, position: 0),
        ]
        expectPartsToBeAsAlone(parts, format: format, kvHeads: 2, pool: WorkerPool(threadCount: 2))
    }

    /// As few or as many that a worker takes one, some or all heads of a row at a time, and looks ahead to the next row's.
    @Test(arguments: [1, 2, 3], [2, 11, 40])
    func singleRowsDoNotDisturbEachOther(threads: Int, rows: Int) {
        let parts = (0..<rows).map { Part(first: $0, count: 1, position: $0 * 97 % 170) }
        for format in KVCacheFormat.allCases {
            expectPartsToBeAsAlone(parts, format: format, kvHeads: 3, pool: WorkerPool(threadCount: threads))
        }
    }

    func expectPartsToBeAsAlone(_ parts: [Part], format: KVCacheFormat, kvHeads: Int, pool: WorkerPool) {
        let (queries, keys, values) = numbersFor(Shape(kvHeads: kvHeads, group: 2, dimension: 32, tokens: 170))
        let cache = FilledCache(format: format, kvHeads: kvHeads, dimension: 32, keys: keys, values: values, pool: pool)
        let rowCount = parts.reduce(0) { $0 + $1.count }
        let together = Rows(count: rowCount, columns: queries.columns)
        let batch = AttentionBatch(sequenceLimit: parts.count)
        cache.blockTable.withUnsafeBufferPointer { table in
            for part in parts {
                batch.append(
                    firstRow: part.first, rowCount: part.count, firstPosition: part.position, blockTable: table)
            }
            attend(
                queries: queries.view.prefix(rowCount), into: together.view, batch: batch, plane: cache.plane,
                headCount: kvHeads * 2, scale: 0.2, pool: pool)
            for part in parts {
                let alone = Rows(count: part.count, columns: queries.columns)
                batch.removeAll()
                batch.append(firstRow: 0, rowCount: part.count, firstPosition: part.position, blockTable: table)
                let start = part.first * queries.columns
                attend(
                    queries: RowsView(queries.pointer + start, count: part.count, columns: queries.columns),
                    into: alone.view, batch: batch, plane: cache.plane, headCount: kvHeads * 2, scale: 0.2, pool: pool)
                #expect(alone.bits == Array(together.bits[start..<start + part.count * queries.columns]))
            }
        }
    }

    @Test func narrowFormatsRoundToNearestEven() {
        let values: [Float] = [
            1, -1, 0, -0.0, 65504, 65520, 1e6, 6e-8, 2.9e-8, 3e-8, 1.00048828125, 1.00146484375, .infinity,
            Float(bitPattern: 71362),
            3.4e38, 0.1,
        ]
        for choice in everyPool {
            for format in [KVCacheFormat.f16, .bf16] {
                let pool = choice.make()
                let rows = Rows(values, columns: 16)
                let cache = FilledCache(format: format, kvHeads: 1, dimension: 16, keys: rows, values: rows, pool: pool)
                let start = cache.blockTable[0] == 1 ? cache.stride : 0
                let narrow = UnsafeRawPointer(cache.plane.base + start)
                for (d, value) in values.enumerated() {
                    let key = narrow.load(fromByteOffset: d * 64, as: UInt16.self)
                    let stored = narrow.load(fromByteOffset: 16 * 64 + d * 2, as: UInt16.self)
                    let upper = (value.bitPattern &+ 0x7fff &+ (value.bitPattern >> 16 & 1)) >> 16
                    let wanted = format == .f16 ? Float16(value).bitPattern : UInt16(truncatingIfNeeded: upper)
                    #expect(key == wanted && stored == wanted, "\(choice), \(format), \(value)")
                }
            }
        }
    }
}
