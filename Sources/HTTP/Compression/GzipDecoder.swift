internal import CZlib

/// Decompresses whole bodies of the gzip format, RFC 1952, of one or several members.
enum GzipDecoder {
    /// The decoded bytes. Stops as soon as there would be more than `limit`: a small body must not become a huge one.
    static func decode(_ bytes: [UInt8], limit: Int) throws(BodyError) -> [UInt8] {
        guard var stream = ZlibStream(.decode) else { throw .malformed("gzip could not be started") }
        var decoded: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        var consumed = 0
        while true {
            let step = stream.step(bytes, from: consumed, into: &piece, flush: Z_NO_FLUSH)
            consumed += step.consumed
            guard step.produced <= limit - decoded.count else { throw .tooLarge(limit: limit) }
            decoded += piece[..<step.produced]
            switch step.status {
            case Z_STREAM_END where consumed == bytes.count: return decoded
            case Z_STREAM_END:
                guard stream.restart() else { throw .malformed("gzip could not be continued") }
            case Z_OK where step.consumed > 0 || step.produced > 0: continue
            case Z_BUF_ERROR, Z_OK: throw .malformed("the gzip data is cut short")
            default: throw .malformed("invalid gzip data")
            }
        }
    }
}
