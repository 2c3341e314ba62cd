internal import CLinux

/// Bytes that wait for room in a socket's buffer, with the two marks that steer whoever produces them.
package struct OutboundQueue: Sendable {
    /// Above this many bytes a writer has to wait.
    package let highWaterByteCount: Int
    /// Below this many bytes a waiting writer goes on.
    package let lowWaterByteCount: Int
    /// How many bytes wait.
    package private(set) var byteCount = 0

    private static let pieceLimit = 64
    private static let joinLimit = 4_096
    private var pieces: [[UInt8]] = []
    private var firstPiece = 0
    private var firstOffset = 0

    /// An empty queue with its marks in bytes.
    package init(highWaterByteCount: Int = 65_536, lowWaterByteCount: Int = 16_384) {
        self.highWaterByteCount = highWaterByteCount
        self.lowWaterByteCount = lowWaterByteCount
    }

    package var isEmpty: Bool { byteCount == 0 }
    package var isAboveHighWater: Bool { byteCount > highWaterByteCount }
    package var isBelowLowWater: Bool { byteCount < lowWaterByteCount }

    /// Adds bytes at the end. Small ones join their predecessor, so that many tokens make one piece.
    package mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        byteCount += bytes.count
        if pieces.count > firstPiece, pieces[pieces.count - 1].count + bytes.count <= Self.joinLimit {
            pieces[pieces.count - 1] += bytes
        } else {
            pieces.append(bytes)
        }
    }

    /// Drops the first `count` bytes, which were sent.
    package mutating func removeFirst(_ count: Int) {
        guard count > 0 else { return }
        byteCount -= count
        var left = count
        while left > 0 {
            let available = pieces[firstPiece].count - firstOffset
            guard left >= available else {
                firstOffset += left
                break
            }
            left -= available
            pieces[firstPiece] = []
            firstPiece += 1
            firstOffset = 0
        }
        if firstPiece == pieces.count {
            // An empty queue keeps no memory: thousands of them lie idle.
            pieces = []
            firstPiece = 0
        } else if firstPiece >= Self.pieceLimit {
            pieces.removeFirst(firstPiece)
            firstPiece = 0
        }
    }

    /// How many bytes the next offer holds.
    var nextOfferByteCount: Int {
        let last = min(pieces.count, firstPiece + Self.pieceLimit)
        return pieces[firstPiece..<last].reduce(0) { $0 + $1.count } - firstOffset
    }

    /// Lends the bytes of the first piece; none where the queue is empty.
    func withFirstBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard firstPiece < pieces.count else { return unsafe body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        return unsafe pieces[firstPiece].withUnsafeBytes {
            unsafe body(UnsafeRawBufferPointer(rebasing: $0[firstOffset...]))
        }
    }

    /// Lends the first pieces in the system's form.
    func withNextOffer(_ body: (UnsafeMutablePointer<iovec>, Int32) -> Int) -> Int {
        let count = min(pieces.count - firstPiece, Self.pieceLimit)
        return unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: max(1, count)) { vectors in
            unsafe lend(piece: 0, of: count, vectors: vectors, body)
        }
    }

    // Nested closures keep every piece's storage alive and in place until the call is over.
    private func lend(
        piece: Int,
        of count: Int,
        vectors: UnsafeMutableBufferPointer<iovec>,
        _ body: (UnsafeMutablePointer<iovec>, Int32) -> Int
    ) -> Int {
        guard piece < count else {
            guard let base = vectors.baseAddress else { return 0 }
            return unsafe body(base, Int32(count))
        }
        return unsafe pieces[firstPiece + piece].withUnsafeBytes { bytes in
            let skipped = piece == 0 ? firstOffset : 0
            let start = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress?.advanced(by: skipped))
            unsafe vectors.initializeElement(at: piece, to: iovec(iov_base: start, iov_len: bytes.count - skipped))
            return unsafe lend(piece: piece + 1, of: count, vectors: vectors, body)
        }
    }
}
