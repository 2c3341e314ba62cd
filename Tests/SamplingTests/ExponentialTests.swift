import Foundation
import Testing

@testable import Sampling

@Suite struct ExponentialTests {
    @Test func `values are within two units in the last place`() {
        for step in 0..<8_000 {
            let x = -Float(step) / 92
            let exact = exp(Double(x))
            #expect(abs(Double(Exponential.value(x)) - exact) <= 2.4e-7 * exact)
        }
        #expect(Exponential.value(0) == 1)
    }

    @Test func `lanes have the same bits as single values`() {
        for step in 0..<500 {
            let first = -Float(step) / 5
            let lanes = SIMD8<Float>((0..<8).map { first - Float($0) / 41 })
            let values = Exponential.values(lanes)
            for lane in 0..<8 {
                #expect(values[lane] == Exponential.value(lanes[lane]))
            }
        }
    }

    @Test func `what is very small or not a number weighs nothing`() {
        #expect(Exponential.value(-88) == 0)
        #expect(Exponential.value(-.infinity) == 0)
        #expect(Exponential.value(.nan) == 0)
        #expect(Exponential.values(SIMD8(repeating: .nan)) == SIMD8(repeating: 0))
        #expect(Exponential.values(SIMD8(repeating: -.infinity)) == SIMD8(repeating: 0))
    }
}
