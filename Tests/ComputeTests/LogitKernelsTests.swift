import Compute
import Foundation
import Testing

/// Every table against the plain one, bit for bit, over odd lengths and what is not a number.
@Suite struct LogitKernelsTests {
    static let counts = [1, 2, 15, 16, 17, 63, 64, 65, 100, 127, 128, 129, 640, 1001]

    private static func rows(count: Int) -> [[Float]] {
        var numbers = SeededNumbers(seed: UInt64(count))
        let ordinary = numbers.floats(count)
        let coarse = ordinary.map { ($0 * 2).rounded() }
        let special: [Float] = [.nan, .infinity, -.infinity, 0, -0.0, 3e38, -3e38, .leastNonzeroMagnitude, 1]
        let mixed = ordinary.map { Int.random(in: 0..<4, using: &numbers) == 0 ? special.randomElement() ?? 0 : $0 }
        return [
            ordinary, ordinary.map { $0 * 60 }, coarse, mixed, Array(repeating: .nan, count: count),
            Array(repeating: -.infinity, count: count),
        ]
    }

    private struct Found: Equatable {
        var maximum: UInt32
        var maxima: [UInt32]
        var above: [UInt64]
        var weights: [UInt32]
        var blockWeights: [UInt64]
        var total: UInt64
    }

    private func find(_ row: [Float], cutoff: (logit: Float, index: Int32), scale: Float, _ pool: WorkerPool) -> Found {
        let kernels = LogitKernels(pool)
        let length = LogitKernels.blockLength
        let blockCount = (row.count + length - 1) / length
        var maxima = Array(repeating: Float(0), count: blockCount)
        var weights = Array(repeating: Float(-1), count: row.count)
        var blockWeights = Array(repeating: -1.0, count: blockCount)
        let maximum = kernels.findMaxima(row, count: row.count, into: &maxima)
        let above = row.withUnsafeBufferPointer { values in
            (0..<blockCount).map { block in
                let start = block * length
                return kernels.findAbove(
                    cutoff.logit, values.baseAddress.unsafelyUnwrapped + start, count: min(length, row.count - start))
            }
        }
        kernels.weigh(row, count: row.count, maximum: maximum, scale: scale, into: &weights)
        let total = kernels.weighBlocks(
            row, count: row.count, maxima: maxima, cutoff: cutoff, maximum: maximum, scale: scale,
            into: &blockWeights)
        return Found(
            maximum: maximum.bitPattern, maxima: maxima.map(\.bitPattern), above: above,
            weights: weights.map(\.bitPattern), blockWeights: blockWeights.map(\.bitPattern), total: total.bitPattern)
    }

    @Test(arguments: counts) func `every instruction set gives the bits of the plain kernels`(count: Int) {
        for row in Self.rows(count: count) {
            let cutoffs: [(logit: Float, index: Int32)] = [
                (-.infinity, .max), (0, -1), (row[count / 2], Int32(count / 2)), (.infinity, .max),
            ]
            for cutoff in cutoffs {
                for scale in [1, 1 / 0.6, 1e30] as [Float] {
                    let wanted = find(row, cutoff: cutoff, scale: scale, referencePool())
                    for set in availableSets {
                        let pool = WorkerPool(threadCount: 1, features: .limited(to: set))
                        #expect(find(row, cutoff: cutoff, scale: scale, pool) == wanted, "\(set), \(cutoff), \(scale)")
                    }
                }
            }
        }
    }

    @Test func `maxima, bits and weights are what they say`() {
        let count = 200
        var row = Self.rows(count: count)[1]
        (row[3], row[130]) = (.nan, .nan)
        let real = row.filter { !$0.isNaN }
        let scale: Float = 0.7
        let cutoff = (logit: row[77], index: Int32(77))
        let found = find(row, cutoff: cutoff, scale: scale, referencePool())
        let maximum = real.max() ?? 0
        #expect(Float(bitPattern: found.maximum) == maximum)
        var total = 0.0
        for block in 0..<found.maxima.count {
            let range = block * 64..<min(count, block * 64 + 64)
            #expect(Float(bitPattern: found.maxima[block]) == row[range].filter { !$0.isNaN }.max())
            #expect(
                found.above[block]
                    == range.reduce(UInt64(0)) { $0 | (row[$1] > cutoff.logit ? 1 << UInt64($1 % 64) : 0) })
            let admitted = range.filter { row[$0] > cutoff.logit || (row[$0] == cutoff.logit && $0 <= 77) }
            let sum = admitted.reduce(0) { $0 + exp(Double((row[$1] - maximum) * scale)) }
            #expect(abs(Double(bitPattern: found.blockWeights[block]) - sum) <= 1e-6 * sum + 1e-37)
            total += Double(bitPattern: found.blockWeights[block])
        }
        #expect(Double(bitPattern: found.total) == total)
        for index in 0..<count {
            let wanted = row[index].isNaN ? 0 : exp(Double((row[index] - maximum) * scale))
            #expect(abs(Double(Float(bitPattern: found.weights[index])) - wanted) <= 3e-6 * wanted + 1e-37)
        }
    }
}
