import Testing

@testable import Engine

@Suite struct SnapshotIndexTests {
    /// The head of a snapshot whose numbers are as given, and whose digest is right.
    private func head(blockLength: UInt32, count: UInt32) -> [UInt8] {
        func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
            (0..<number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        let body = bytes(UInt32(0)) + bytes(blockLength) + bytes(UInt64(1)) + bytes(count)
        let digest = unsafe body.withUnsafeBytes { unsafe SnapshotDigest.of($0) }
        return SnapshotIndex.magic + bytes(UInt64(SnapshotIndex.fixedByteCount + body.count)) + bytes(digest) + body
    }

    @Test func aHeadWithoutBlocksIsRead() throws {
        let index = try SnapshotIndex(head(blockLength: 32, count: 0))
        #expect(index.blockLength == 32 && index.blockByteCount == 1 && index.entries.isEmpty)
    }

    @Test(arguments: [(UInt32.max, UInt32.max), (32, .max), (.max, 1), (1 << 31, 1 << 31)] as [(UInt32, UInt32)])
    func numbersThatNoFileCanHoldAreRefused(blockLength: UInt32, count: UInt32) {
        #expect(throws: SnapshotError.damaged) { try SnapshotIndex(head(blockLength: blockLength, count: count)) }
    }
}
