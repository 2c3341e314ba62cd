internal import CZlib

/// A zlib stream, at a fixed address: zlib refuses one that was moved.
@safe
struct ZlibStream: ~Copyable {
    enum Direction {
        case encode
        /// With a smaller window: there may be one for each stream that runs.
        case encodePiecewise
        case decode
    }

    /// What surrounds the compressed data.
    enum Format {
        case gzip
        case zlib
        /// Nothing.
        case raw

        /// The size of the window, and in its sign and fifth bit the format, as zlib.h has it.
        fileprivate var windowBits: Int32 {
            switch self {
            case .gzip: MAX_WBITS + 16
            case .zlib: MAX_WBITS
            case .raw: -MAX_WBITS
            }
        }
    }

    /// What one step did.
    struct Step {
        var status: Int32
        var consumed: Int
        var produced: Int
    }

    private let pointer: UnsafeMutablePointer<z_stream>
    private let direction: Direction

    /// Opens a stream, or nil when zlib has no memory.
    init?(_ direction: Direction, _ format: Format) {
        unsafe pointer = .allocate(capacity: 1)
        unsafe pointer.initialize(to: z_stream())
        self.direction = direction
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        let status =
            switch direction {
            case .encode:
                unsafe deflateInit2_(
                    pointer, Self.fastLevel, Z_DEFLATED, format.windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
            case .encodePiecewise:
                unsafe deflateInit2_(
                    pointer, Self.fastLevel, Z_DEFLATED, format.windowBits - MAX_WBITS + Self.smallWindow,
                    Self.smallMemory, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
            case .decode:
                unsafe inflateInit2_(pointer, format.windowBits, ZLIB_VERSION, size)
            }
        guard status == Z_OK else { return nil }
    }

    deinit {
        // Both verbs accept a stream that never opened.
        switch direction {
        case .encode, .encodePiecewise: unsafe deflateEnd(pointer)
        case .decode: unsafe inflateEnd(pointer)
        }
        unsafe pointer.deallocate()
    }

    /// Works on `bytes` from `start` on until they are used up or `piece` is full.
    mutating func step(_ bytes: [UInt8], from start: Int, into piece: inout [UInt8], flush: Int32) -> Step {
        let room = UInt32(clamping: piece.count)
        return unsafe bytes.withUnsafeBufferPointer { input in
            unsafe piece.withUnsafeMutableBufferPointer { output in
                let offered = UInt32(clamping: input.count - start)
                unsafe pointer.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.advanced(by: start))
                unsafe pointer.pointee.avail_in = offered
                unsafe pointer.pointee.next_out = output.baseAddress
                unsafe pointer.pointee.avail_out = room
                let status =
                    switch direction {
                    case .encode, .encodePiecewise: unsafe deflate(pointer, flush)
                    case .decode: unsafe inflate(pointer, flush)
                    }
                let consumed = unsafe Int(offered - pointer.pointee.avail_in)
                return unsafe Step(status: status, consumed: consumed, produced: Int(room - pointer.pointee.avail_out))
            }
        }
    }

    /// Begins the next member of the same input. Returns whether that worked.
    mutating func restart() -> Bool {
        unsafe inflateReset(pointer) == Z_OK
    }

    // JSON shrinks to a fifth at the fastest level; more would cost time that generation could use.
    private static let fastLevel: Int32 = 1
    // By zconf.h, 2^(13+2) + 2^(6+9) bytes: 64 KiB.
    private static let smallWindow: Int32 = 13
    private static let smallMemory: Int32 = 6
}
