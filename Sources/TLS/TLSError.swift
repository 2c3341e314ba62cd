internal import COpenSSL
internal import Glibc

/// Why a file is of no use to TLS, or a connection broke: one line.
public struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    /// What OpenSSL says about the call that has just failed, behind what was being done.
    static func last(_ doing: String) -> TLSError {
        TLSError("\(doing): \(takeReason())")
    }

    // Marks errors of the operating system, see ERR_SYSTEM_ERROR in openssl/err.h.
    private static let systemFlag: UInt = 1 << 31

    /// The oldest reason that is queued, which is the cause of the others; the queue is empty afterwards.
    static func takeReason() -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        if code & systemFlag != 0, let text = unsafe strerror(Int32(truncatingIfNeeded: code & ~systemFlag)) {
            return unsafe String(cString: text)
        }
        if let text = unsafe ERR_reason_error_string(code) { return unsafe String(cString: text) }
        return code == 0 ? "no reason given" : "error \(code)"
    }
}
