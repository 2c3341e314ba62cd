internal import Glibc
internal import Synchronization

/// The name of a request in logs and in `x-request-id`.
enum RequestID {
    /// The client's own name for its request if it is short and harmless, else a new one.
    static func accept(_ proposed: String?) -> String {
        guard let proposed, (1...128).contains(proposed.utf8.count), proposed.utf8.allSatisfy(isHarmless) else {
            return make()
        }
        return proposed
    }

    /// A new, random name.
    static func make() -> String {
        var bits = randomBits()
        return unsafe String(unsafeUninitializedCapacity: 20) { bytes in
            for (index, byte) in "req_".utf8.enumerated() { unsafe bytes[index] = byte }
            for index in 4..<20 {
                let digit = UInt8(bits & 15)
                unsafe bytes[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                bits >>= 4
            }
            return 20
        }
    }

    /// From the system, for many names at a time: each asking is a system call.
    private static func randomBits() -> UInt64 {
        pool.withLock { pool in
            if pool.isEmpty {
                pool = Array(repeating: 0, count: 32)
                unsafe pool.withUnsafeMutableBytes { bytes in
                    // It fails for no block of up to 256 bytes.
                    _ = unsafe getentropy(bytes.baseAddress, bytes.count)
                }
            }
            return pool.popLast() ?? 0
        }
    }

    private static let pool = Mutex<[UInt64]>([])

    // A name ends up in logs and in a header: no spaces, quotes or control bytes.
    private static func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "+"): true
        case UInt8(ascii: "/"), UInt8(ascii: "="): true
        default: false
        }
    }
}
