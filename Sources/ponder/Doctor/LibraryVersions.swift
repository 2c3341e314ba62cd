import COpenSSL
import CZlib

/// The system's libraries that the executable uses, as they say themselves.
struct LibraryVersions: Equatable, Sendable {
    /// Such as `OpenSSL 3.0.17 1 Jul 2025`.
    var openSSL = ""
    var openSSLMajor = 0
    var zlib = ""

    static func current() -> LibraryVersions {
        LibraryVersions(
            openSSL: unsafe OpenSSL_version(OPENSSL_VERSION).map { unsafe String(cString: $0) } ?? "",
            openSSLMajor: Int(OPENSSL_version_major()),
            zlib: unsafe zlibVersion().map { unsafe String(cString: $0) } ?? "")
    }
}
