internal import COpenSSL

/// A key as its SHA-256: what a server keeps of it, and what it compares.
public struct KeyDigest: Sendable, Hashable {
    static let byteCount = 32

    package let bytes: [UInt8]

    /// The digest of a key's bytes.
    init(of key: some Sequence<UInt8>) {
        let key = Array(key)
        bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.byteCount) { digest, count in
            count = unsafe key.withUnsafeBytes { key in
                unsafe SHA256(key.baseAddress, key.count, digest.baseAddress) == nil ? 0 : Self.byteCount
            }
        }
    }

    /// A digest as 64 hexadecimal digits, as `sha256sum` writes it. Nil for any other text.
    init?(hexadecimal text: some StringProtocol) {
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 2 * Self.byteCount, text.utf8.count == digits.count else { return nil }
        bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }

    /// A number that tells digests apart, 0 for none of them.
    var number: UInt64 { max(1, bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }) }

    /// Compares in a time that tells nothing of where the two differ.
    func isEqual(to other: KeyDigest) -> Bool {
        guard bytes.count == Self.byteCount, other.bytes.count == Self.byteCount else { return false }
        return unsafe bytes.withUnsafeBytes { mine in
            unsafe other.bytes.withUnsafeBytes { theirs in
                unsafe CRYPTO_memcmp(mine.baseAddress, theirs.baseAddress, Self.byteCount) == 0
            }
        }
    }
}
