internal import CZlib

/// Compresses a body piece by piece to the gzip format, RFC 1952. All that was put in comes out at once: whoever reads a
/// stream sees each event when it is written, at the cost of a few bytes for each.
// Belongs to one body's writer.
final class GzipStreamEncoder: @unchecked Sendable {
    private var stream: ZlibStream
    private var piece = [UInt8](repeating: 0, count: 4_096)

    /// An encoder at the beginning of a body, or nil when zlib has no memory.
    init?() {
        guard let stream = ZlibStream(.encodePiecewise, .gzip) else { return nil }
        self.stream = stream
    }

    /// What is to be sent for these bytes, from which they can be read without anything that follows.
    func encode(_ bytes: [UInt8]) -> [UInt8] {
        encode(bytes, flush: Z_SYNC_FLUSH)
    }

    /// What ends the body.
    func finish() -> [UInt8] {
        encode([], flush: Z_FINISH)
    }

    private func encode(_ bytes: [UInt8], flush: Int32) -> [UInt8] {
        var encoded: [UInt8] = []
        var consumed = 0
        while true {
            let step = stream.step(bytes, from: consumed, into: &piece, flush: flush)
            consumed += step.consumed
            encoded += piece[..<step.produced]
            // Room that is left over says that nothing is held back.
            guard step.produced == piece.count, step.status == Z_OK else { return encoded }
        }
    }
}
