internal import Glibc

/// A system call on a socket that failed.
public struct SocketError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was being done, such as `bind 127.0.0.1:8000`.
    public var operation: String
    /// The system's error number; 0 where the system had no part in it, and the operation says all.
    public var code: Int32

    /// One line: what was done and why it failed.
    public var description: String {
        guard code != 0 else { return operation }
        guard let text = unsafe strerror(code) else { return "\(operation): error \(code)" }
        return unsafe "\(operation): \(String(cString: text))"
    }

    /// An error of `operation` with the system's error number.
    public init(operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    /// The result of a call that answers a count or, when it fails, the negated error number.
    static func check(_ result: Int32, _ operation: @autoclosure () -> String) throws(SocketError) -> Int32 {
        guard result >= 0 else { throw SocketError(operation: operation(), code: -result) }
        return result
    }

    /// The error that the system left behind for the call just made.
    static func last(_ operation: String) -> SocketError {
        SocketError(operation: operation, code: errno)
    }
}
