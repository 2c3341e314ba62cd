/// A 64-bit digest of a tensor's rows, which may come in any order and in pieces of whole rows: the sum of their XXH64, each
/// seeded with its row's number.
///
/// XXH64 is as fast as memory, and no change within 8 aligned bytes leaves it as it was. It is no defence against somebody who
/// means to deceive: who can write to the file can write its digests, too.
/// Source: github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.
enum RowDigest {
    private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63,
        0x27D4_EB2F_1656_67C5
    )

    /// The digest of some rows.
    ///
    /// - Parameters:
    ///   - bytes: Whole rows, one after another.
    ///   - rowByteCount: Bytes of each.
    ///   - firstRow: The number of the first of them in its tensor.
    /// - Returns: What the digests of a tensor's pieces add up to, with overflow, is the tensor's.
    static func sum(_ bytes: UnsafeRawBufferPointer, rowByteCount: Int, firstRow: Int) -> UInt64 {
        guard rowByteCount > 0 else { return 0 }
        var total: UInt64 = 0
        var (number, start) = (UInt64(firstRow), 0)
        while start + rowByteCount <= bytes.count {
            let row = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<start + rowByteCount])
            total &+= unsafe hash(row, seed: number)
            number &+= 1
            start += rowByteCount
        }
        return total
    }

    /// XXH64.
    static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        let count = bytes.count
        var place = 0
        var hash: UInt64
        if count >= 32 {
            var (a, b, c, d) = (
                seed &+ primes.0 &+ primes.1, seed &+ primes.1, seed, seed &- primes.0
            )
            while place + 32 <= count {
                a = unsafe round(a, word(bytes, place))
                b = unsafe round(b, word(bytes, place + 8))
                c = unsafe round(c, word(bytes, place + 16))
                d = unsafe round(d, word(bytes, place + 24))
                place += 32
            }
            hash = rotated(a, 1) &+ rotated(b, 7) &+ rotated(c, 12) &+ rotated(d, 18)
            for lane in [a, b, c, d] { hash = (hash ^ round(0, lane)) &* primes.0 &+ primes.3 }
        } else {
            hash = seed &+ primes.4
        }
        hash &+= UInt64(count)
        while place + 8 <= count {
            hash = unsafe rotated(hash ^ round(0, word(bytes, place)), 27) &* primes.0 &+ primes.3
            place += 8
        }
        if place + 4 <= count {
            let half = UInt64(UInt32(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
            hash = rotated(hash ^ (half &* primes.0), 23) &* primes.1 &+ primes.2
            place += 4
        }
        while place < count {
            hash = unsafe rotated(hash ^ (UInt64(bytes[place]) &* primes.4), 11) &* primes.0
            place += 1
        }
        hash = (hash ^ hash >> 33) &* primes.1
        hash = (hash ^ hash >> 29) &* primes.2
        return hash ^ hash >> 32
    }

    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotated(lane &+ word &* primes.1, 31) &* primes.0
    }

    private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value &<< count | value &>> (64 &- count)
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> UInt64 {
        UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }
}
