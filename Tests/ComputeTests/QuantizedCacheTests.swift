import Compute
import Testing

extension [Float] {
    /// What is left of numbers that were stored as codes of a byte, 32 dimensions of a head to a scale that is rounded, too.
    func rounded(headDimension: Int, scale rounding: (Float) -> Float) -> [Float] {
        var result: [Float] = []
        for head in stride(from: 0, to: count, by: headDimension) {
            for start in stride(from: head, to: head + headDimension, by: 32) {
                let group = self[start..<Swift.min(start + 32, head + headDimension)]
                let scale = rounding((group.map(\.magnitude).max() ?? 0) / 127)
                result += group.map { scale > 0 ? ($0 / scale).rounded(.toNearestOrEven) * scale : 0 }
            }
        }
        return result
    }
}

/// A cache of bytes: what becomes of the numbers that are written to it.
@Suite struct QuantizedCacheTests {
    /// A row's scales and codes of one head: of keys, then of values.
    private struct StoredRow: Equatable {
        var scales: [[Float]] = [[], []]
        var codes: [[Int]] = [[], []]

        init(_ cache: FilledCache, slot: Int) {
            let groups = (cache.layout.headDimension + 31) / 32
            let start = UnsafeRawPointer(cache.plane.base) + Int(cache.blockTable[0]) * cache.stride
            for part in 0..<2 {
                for group in 0..<groups {
                    let scale = start + (part * groups + group) * 1088
                    scales[part].append(Float(scale.load(fromByteOffset: slot * 2, as: Float16.self)))
                    let first = scale + 64
                    for d in 0..<32 {
                        let keyOffset = (d / 4 * 32 + slot) * 4 + d % 4
                        let code =
                            part == 0
                            ? Int(first.load(fromByteOffset: keyOffset, as: UInt8.self)) - 128
                            : Int(first.load(fromByteOffset: slot * 32 + d, as: Int8.self))
                        codes[part].append(code)
                    }
                }
            }
        }
    }

    private func stored(_ numbers: [Float], _ choice: PoolChoice) -> StoredRow {
        let pool = choice.make()
        let rows = Rows(numbers, columns: numbers.count)
        let cache = FilledCache(
            format: .q8_0, kvHeads: 1, dimension: numbers.count, keys: rows, values: rows, pool: pool)
        return StoredRow(cache, slot: 0)
    }

    @Test func groupsOf32DimensionsShareAScale() {
        var first = [Float](repeating: 0.25, count: 32)
        first[7] = -2
        first[8] = 1
        let second: [Float] = [63.5, -63.5, 0.25, 0.75, -0.25, -0.75, 0, -0.0]
        for choice in everyPool {
            let row = stored(first + second, choice)
            let scales = [Float(Float16(2.0 / 127)), 0.5]
            #expect(row.scales == [scales, scales])
            let codes = first.map { Int(($0 / scales[0]).rounded(.toNearestOrEven)) }
            // Halves go to the even neighbour; dimensions beyond the head's last are zero.
            let evenCodes = [127, -127, 0, 2, 0, -2, 0, 0] + [Int](repeating: 0, count: 24)
            #expect(row.codes == [codes + evenCodes, codes + evenCodes], "\(choice)")
        }
    }

    @Test(arguments: [
        (Float.infinity, Float(65504), 127), (-.infinity, 65504, -127), (3e38, 65504, 127), (1e-9, 0, 0),
        (Float(65504) * 127, 65504, 127), (.nan, 0, 127),
    ])
    func numbersOutOfRangeStayFinite(number: Float, scale: Float, code: Int) {
        for choice in everyPool {
            let row = stored([number] + [Float](repeating: 0, count: 31), choice)
            #expect(row.scales == [[scale], [scale]], "\(choice)")
            let codes = [code] + [Int](repeating: 0, count: 31)
            #expect(row.codes == [codes, codes], "\(choice)")
        }
    }

    /// A position's bytes are its own: what its neighbours hold, and in which order they came, leaves no trace.
    @Test func aRowDoesNotDependOnItsBlock() {
        var numbers = SeededNumbers(seed: 3)
        let rows = Rows(numbers.floats(48 * 40), columns: 40)
        for choice in everyPool {
            let pool = choice.make()
            let cache = FilledCache(format: .q8_0, kvHeads: 1, dimension: 40, keys: rows, values: rows, pool: pool)
            for slot in [0, 1, 17, 31] {
                let alone = Rows(Array(rows.values[slot * 40..<slot * 40 + 40]), columns: 40)
                let other = FilledCache(
                    format: .q8_0, kvHeads: 1, dimension: 40, keys: alone, values: alone, pool: pool)
                #expect(StoredRow(cache, slot: slot) == StoredRow(other, slot: 0), "\(choice), position \(slot)")
            }
        }
    }
}
