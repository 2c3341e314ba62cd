import Testing

@testable import Models

@Suite struct RowDigestTests {
    /// xxhash 4.1.0 for Python, `xxh64_intdigest`, of the bytes 0, 1, 2 …
    @Test(
        arguments: [
            (0, 0, 0xef46db3751d8e999),
            (1, 0, 0xe934a84adb052768),
            (7, 5, 0xe4878bbf72f59115),
            (12, 0, 0x424af23f1f08dca5),
            (31, 9, 0x02356add30797524),
            (32, 0, 0xcbf59c5116ff32b4),
            (33, 1, 0xa371825f4210fe99),
            (100, UInt64.max, 0x09a991a091c9f6d7),
            (1088, 4096, 0x65a93cb28be25dc0),
        ] as [(Int, UInt64, UInt64)])
    func hashesAreThoseOfXXH64(count: Int, seed: UInt64, expected: UInt64) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        #expect(bytes.withUnsafeBytes { RowDigest.hash($0, seed: seed) } == expected)
    }

    @Test func sumsDoNotDependOnHowRowsAreCut() {
        let bytes = (0..<96 * 40).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        func sum(_ rows: Range<Int>) -> UInt64 {
            bytes[rows.lowerBound * 96..<rows.upperBound * 96].withUnsafeBytes {
                RowDigest.sum($0, rowByteCount: 96, firstRow: rows.lowerBound)
            }
        }
        let whole = sum(0..<40)
        #expect(sum(0..<17) &+ sum(17..<18) &+ sum(18..<40) == whole)
        #expect(bytes.withUnsafeBytes { RowDigest.sum($0, rowByteCount: 96, firstRow: 1) } != whole)
        #expect(bytes.withUnsafeBytes { RowDigest.sum($0, rowByteCount: 0, firstRow: 0) } == 0)
    }

    @Test func everyBitCounts() {
        for count in [1, 5, 12, 34, 40] {
            var bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 91) }
            let whole = bytes.withUnsafeBytes { RowDigest.hash($0, seed: 3) }
            for bit in 0..<8 * count {
                bytes[bit / 8] ^= 1 << (bit % 8)
                #expect(bytes.withUnsafeBytes { RowDigest.hash($0, seed: 3) } != whole)
                bytes[bit / 8] ^= 1 << (bit % 8)
            }
        }
    }
}
