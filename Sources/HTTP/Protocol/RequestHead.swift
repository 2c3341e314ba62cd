internal import HTTPTypes

/// A complete, valid request head.
struct RequestHead: Sendable, Equatable {
    /// How the end of the body is found.
    enum Framing: Sendable, Equatable {
        case none
        case length(Int)
        case chunked
    }

    var method: HTTPRequest.Method
    /// Path and query in origin form, or `*`.
    var target: String
    /// 0 or 1: the y of HTTP/1.y.
    var minorVersion: Int
    var headers: HTTPFields = [:]
    var framing: Framing = .none
    /// Whether the client means to use the connection again.
    var keepsAlive = true
    /// Whether the client waits for `100 Continue` before it sends the body.
    var expectsContinue = false
}
