import Compute
import Foundation
import Testing

@Suite struct ElementwiseTests {
    static let counts = [1, 2, 15, 16, 17, 64, 100, 1024]

    /// Runs an operation on the reference and on every pool, and expects the same bits.
    private func expectSameBits(_ name: String, _ operation: (WorkerPool) -> [UInt32]) -> [UInt32] {
        let expected = operation(referencePool())
        for choice in everyPool { #expect(operation(choice.make()) == expected, "\(name) on \(choice)") }
        return expected
    }

    @Test func normalisingDividesByTheRootMeanSquare() {
        var numbers = SeededNumbers(seed: 1)
        for count in Self.counts {
            let input = Rows(numbers.floats(count * 9), columns: count)
            let weight = Rows(numbers.floats(count), columns: count)
            let bits = expectSameBits("normalize") { pool in
                let results = Rows(count: 9, columns: count)
                normalize(input.view, weight: weight.pointer, epsilon: 1e-6, into: results.view, pool: pool)
                return results.bits
            }
            for row in 0..<9 {
                let x = input.view.row(row).map(Double.init)
                let root = (x.reduce(0) { $0 + $1 * $1 } / Double(count) + 1e-6).squareRoot()
                for i in 0..<count {
                    let wanted = x[i] / root * Double(weight.values[i])
                    #expect(
                        abs(Double(Float(bitPattern: bits[row * count + i])) - wanted) <= 1e-5 * max(1, abs(wanted)))
                }
            }
        }
    }

    @Test func activationIsGateTimesSigmoidTimesUp() {
        var numbers = SeededNumbers(seed: 2)
        let gates: [Float] = numbers.floats(90) + [0, -0.0, 90, -90, 1e30, -1e30, 1e-30, -87.5, 88.5, 3]
        let gate = Rows(gates, columns: 100)
        let up = Rows(numbers.floats(100), columns: 100)
        let bits = expectSameBits("activate") { pool in
            activated(gate: gate, up: up, pool: pool).bits
        }
        for i in 0..<100 {
            let wanted = Double(gates[i]) / (1 + exp(-Double(gates[i]))) * Double(up.values[i])
            #expect(abs(Double(Float(bitPattern: bits[i])) - wanted) <= 1e-6 * abs(wanted) + 1e-6)
        }
    }

    @Test func additionAddsEveryElement() {
        var numbers = SeededNumbers(seed: 3)
        for count in Self.counts {
            let (left, right) = (numbers.floats(count * 5), numbers.floats(count * 5))
            let bits = expectSameBits("add") { pool in
                let sum = Rows(left, columns: count)
                add(Rows(right, columns: count).view, to: sum.view, pool: pool)
                return sum.bits
            }
            #expect(bits == zip(left, right).map { ($0 + $1).bitPattern })
        }
    }

    @Test(arguments: [(columns: 32, rows: 1), (96, 7), (1024, 9), (4128, 3)])
    func advancingTheResidualEqualsItsPartsOneByOne(columns: Int, rows: Int) throws {
        var numbers = SeededNumbers(seed: 5)
        let (stream, branch) = (numbers.floats(rows * columns), numbers.floats(rows * columns))
        let weight = Rows(numbers.floats(columns), columns: columns)
        let bytes = numbers.weights(.q8_0, rows: 16, columns: columns)
        for choice in everyPool {
            let pool = choice.make()
            let matrix = try makeMatrix(.q8_0, rows: 16, columns: columns, bytes: bytes, pool: pool)
            for hasBranch in [false, true] {
                let parts = Rows(stream, columns: columns)
                let (wholeNormed, partNormed) = (
                    Rows(count: rows, columns: columns), Rows(count: rows, columns: columns)
                )
                let added = Rows(branch, columns: columns)
                if hasBranch { add(added.view, to: parts.view, pool: pool) }
                normalize(parts.view, weight: weight.pointer, epsilon: 1e-6, into: partNormed.view, pool: pool)
                for group in [nil, ActivationGroup.of32] {
                    let fresh = Rows(stream, columns: columns)
                    let input = MultiplyInput(rowLimit: rows, columnLimit: columns)
                    advanceResidual(
                        fresh.view, adding: hasBranch ? added.view : nil, weight: weight.pointer, epsilon: 1e-6,
                        into: wholeNormed.view, loading: input, quantizing: group, pool: pool)
                    #expect(fresh.bits == parts.bits && wholeNormed.bits == partNormed.bits, "\(choice)")
                    let results = Rows(count: rows, columns: 16)
                    multiply(input, by: matrix, into: results.view, pool: pool)
                    #expect(results.bits == product(partNormed, matrix, pool: pool).bits, "\(choice)")
                }
            }
        }
    }

    @Test(arguments: [2, 10, 16, 128])
    func rotationTurnsPairsHalfAHeadApart(headDimension: Int) {
        var numbers = SeededNumbers(seed: 4)
        let half = headDimension / 2
        let angles = (0..<8 * half).map { _ in Double.random(in: 0..<6, using: &numbers) }
        let cosines = Rows(angles.map { Float(cos($0)) }, columns: half)
        let sines = Rows(angles.map { Float(sin($0)) }, columns: half)
        let tables = RotationTables(cosines: cosines.pointer, sines: sines.pointer, positionCount: 8)
        let values = numbers.floats(5 * 3 * headDimension)
        let weight = Rows(numbers.floats(headDimension), columns: headDimension)
        let positions: [Int32] = [3, 0, 7, 7, 1]
        for isNormalized in [false, true] {
            let bits = expectSameBits("rotate") { pool in
                let rows = Rows(values, columns: 3 * headDimension)
                let keys = Rows(Array(values[..<(5 * headDimension)]), columns: headDimension)
                positions.withUnsafeBufferPointer {
                    rotate(
                        (rows.view, isNormalized ? UnsafePointer(weight.pointer) : nil),
                        (keys.view, isNormalized ? nil : UnsafePointer(weight.pointer)),
                        headDimension: headDimension,
                        epsilon: 1e-6, positions: $0, tables: tables, pool: pool)
                }
                return rows.bits + keys.bits
            }
            for index in values.indices {
                let (row, i) = (index / (3 * headDimension), index % headDimension)
                let head = (index - i..<index - i + headDimension).map { Double(values[$0]) }
                let root = (head.reduce(0) { $0 + $1 * $1 } / Double(headDimension) + 1e-6).squareRoot()
                let x = head.indices.map { isNormalized ? head[$0] / root * Double(weight.values[$0]) : head[$0] }
                let angle = angles[Int(positions[row]) * half + i % half]
                let wanted =
                    i < half
                    ? x[i] * cos(angle) - x[i + half] * sin(angle) : x[i] * cos(angle) + x[i - half] * sin(angle)
                #expect(abs(Double(Float(bitPattern: bits[index])) - wanted) < 1e-4)
            }
        }
    }
}
