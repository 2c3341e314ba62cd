internal import CZlib

/// How a request's body is compressed, by the names of RFC 9110 section 8.4.1.
enum BodyCoding: Sendable {
    /// RFC 1952, of one or several members.
    case gzip
    /// RFC 1950; without that format's frame too, as some clients send it and browsers take it.
    case deflate
}

/// Decompresses whole bodies.
enum BodyDecoder {
    /// The decoded bytes. Stops as soon as there would be more than `limit`: a small body must not become a huge one.
    /// `takeRoom` is asked before bytes are kept.
    static func decode(
        _ bytes: [UInt8], _ coding: BodyCoding, limit: Int,
        takeRoom: (_ byteCount: Int) throws(BodyError) -> Void = { _ in }
    ) throws(BodyError) -> [UInt8] {
        guard var stream = ZlibStream(.decode, format(of: bytes, coding)) else {
            throw .malformed("\(coding) could not be started")
        }
        var decoded: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        var consumed = 0
        while true {
            let step = stream.step(bytes, from: consumed, into: &piece, flush: Z_NO_FLUSH)
            consumed += step.consumed
            guard step.produced <= limit - decoded.count else { throw .tooLarge(limit: limit) }
            try takeRoom(step.produced)
            decoded += piece[..<step.produced]
            switch step.status {
            case Z_STREAM_END where consumed == bytes.count: return decoded
            case Z_STREAM_END:
                guard coding == .gzip else { throw .malformed("there is more behind the \(coding) data") }
                guard stream.restart() else { throw .malformed("\(coding) could not be continued") }
            case Z_OK where step.consumed > 0 || step.produced > 0: continue
            case Z_BUF_ERROR, Z_OK: throw .malformed("the \(coding) data is cut short")
            default: throw .malformed("invalid \(coding) data")
            }
        }
    }

    private static func format(of bytes: [UInt8], _ coding: BodyCoding) -> ZlibStream.Format {
        switch coding {
        case .gzip: .gzip
        case .deflate: hasZlibHeader(bytes) ? .zlib : .raw
        }
    }

    /// Whether the bytes begin as RFC 1950 section 2.2 has it. No compressor's raw data does: it would be a stored block with
    /// padding that is not 0.
    private static func hasZlibHeader(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 2 else { return false }
        let isDeflate = bytes[0] & 0x0F == 8 && bytes[0] >> 4 <= 7
        return isDeflate && (Int(bytes[0]) << 8 | Int(bytes[1])).isMultiple(of: 31)
    }
}
