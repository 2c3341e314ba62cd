internal import CZlib

/// Compresses whole bodies to the gzip format, RFC 1952.
package enum GzipEncoder {
    /// The compressed bytes, or nil when zlib has no memory.
    package static func encode(_ bytes: [UInt8]) -> [UInt8]? {
        guard var stream = ZlibStream(.encode, .gzip) else { return nil }
        var encoded: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: min(65_536, bytes.count + 256))
        var consumed = 0
        while true {
            let step = stream.step(bytes, from: consumed, into: &piece, flush: Z_FINISH)
            consumed += step.consumed
            encoded += piece[..<step.produced]
            switch step.status {
            case Z_STREAM_END: return encoded
            case Z_OK where step.produced > 0 || step.consumed > 0: continue
            case Z_BUF_ERROR where step.produced > 0: continue
            default: return nil
            }
        }
    }
}
