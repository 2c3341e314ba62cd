import Testing

@testable import Sampling

@Suite struct RandomDrawTests {
    /// Known answers of the authors' Random123 library.
    @Test func `Philox gives the published words`() {
        #expect(
            RandomDraw.philox(counter: SIMD4(0, 0, 0, 0), key: SIMD2(0, 0))
                == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        #expect(
            RandomDraw.philox(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
                == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            RandomDraw.philox(
                counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
                key: SIMD2(0xa409_3822, 0x299f_31d0))
                == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    @Test func `numbers are uniform in 0 to 1 and differ by seed, choice and position`() {
        var buckets = Array(repeating: 0, count: 10)
        for position in 0..<10_000 {
            let number = RandomDraw.uniform(seed: 5, choice: 0, position: position)
            #expect(number >= 0 && number < 1)
            buckets[Int(number * 10)] += 1
        }
        for count in buckets {
            #expect(abs(count - 1000) < 150)
        }
        let numbers = [
            RandomDraw.uniform(seed: 5, choice: 0, position: 1), RandomDraw.uniform(seed: 6, choice: 0, position: 1),
            RandomDraw.uniform(seed: 5, choice: 1, position: 1), RandomDraw.uniform(seed: 5, choice: 0, position: 2),
        ]
        #expect(Set(numbers).count == 4)
    }
}
