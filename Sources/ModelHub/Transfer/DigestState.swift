internal import COpenSSL

/// A digest of bytes that come piece by piece.
// One owner at a time: whoever reads the bytes.
@safe
struct DigestState: ~Copyable {
    enum Kind: Sendable {
        case sha256
        /// SHA-1 as Git names a file's content by it.
        case gitBlob(byteCount: Int)
    }

    private let context: OpaquePointer?

    init(_ kind: Kind) {
        switch kind {
        case .sha256: unsafe self.init(algorithm: EVP_sha256())
        case .gitBlob(let count):
            unsafe self.init(algorithm: EVP_sha1())
            update(Array("blob \(count)\0".utf8)[...])
        }
    }

    private init(algorithm: OpaquePointer?) {
        unsafe context = EVP_MD_CTX_new()
        unsafe EVP_DigestInit_ex(context, algorithm, nil)
    }

    /// The state in which a file's bytes are taken that must come to a digest.
    init(of digest: ContentDigest, byteCount: Int) {
        switch digest {
        case .sha256: self.init(.sha256)
        case .gitSHA1: self.init(.gitBlob(byteCount: byteCount))
        }
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    mutating func update(_ bytes: ArraySlice<UInt8>) {
        _ = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    /// The digest in hexadecimal digits; empty where OpenSSL has no memory, which equals no digest.
    mutating func finish() -> String {
        var count: UInt32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { space, filled in
            filled = unsafe EVP_DigestFinal_ex(context, space.baseAddress, &count) == 1 ? Int(count) : 0
        }
        let digits = Array("0123456789abcdef")
        return bytes.reduce(into: "") { text, byte in
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
    }
}
