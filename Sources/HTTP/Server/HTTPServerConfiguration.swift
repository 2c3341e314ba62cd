public import HTTPTypes
public import Sockets
public import TLS

/// How a server listens and what it grants its clients.
public struct HTTPServerConfiguration: Sendable {
    /// Where to listen; several are fine. Port 0 picks a free port.
    public var addresses: [SocketAddress]
    /// Descriptors of sockets that listen already, as a service manager hands them to the process: taken over besides.
    public var adoptedListeners: [Int32] = []
    /// The permissions of Unix sockets' files, such as 0o660; nil is what the process's mask leaves.
    public var socketPermissions: UInt32?
    /// What connections are encrypted with, or nil for none. Unix domain sockets go without.
    public var tls: TLSContext?
    /// What a client may ask of a connection.
    public var limits = HTTPLimits()
    /// How many connections are served at once. More wait in the system's queue.
    public var connectionLimit = 8_192
    /// How many event loops share the connections.
    public var loopCount = 1
    /// How exactly timeouts are kept.
    public var timerInterval: Duration = .milliseconds(250)
    /// The value of `server`, or nil to send none.
    public var serverName: String?
    /// Whether a client that ends its own direction while it waits for the response is still answered. By default
    /// that counts as having gone away, as in most servers, and cancels the request.
    public var allowsHalfClose = false
    /// Whether a request without a body is answered in less time than a change of threads takes: then it is answered on its event
    /// loop, where everything else waits meanwhile.
    public var isBrief: @Sendable (_ method: HTTPRequest.Method, _ target: String) -> Bool = { _, _ in false }
    /// Makes the body of every error that is answered by the server itself.
    public var errorBody: @Sendable (HTTPError) -> ErrorBody = ErrorBody.plainText
    /// Hears of every error that is answered by the server itself, once.
    public var noteRefusal: @Sendable (HTTPError) -> Void = { _ in }

    /// A configuration that listens at the given addresses.
    public init(addresses: [SocketAddress]) {
        self.addresses = addresses
    }
}
