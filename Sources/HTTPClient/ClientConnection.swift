public import TLS

/// One HTTP/1.1 connection to a server, for the commands that talk to one.
///
/// Calls block, so it belongs to a thread of its own; it is used from one at a time. A request that fails leaves the
/// connection closed, and the next one opens it anew.
public final class ClientConnection {
    public let server: ServerURL
    /// Sent as a bearer token.
    public var apiKey: String?
    /// How long the server may be silent.
    public var timeout: Duration
    /// Ends a wait for the server with an error soon after it says so. For connections that are opened from now on.
    public var isCancelled: (@Sendable () -> Bool)?
    /// Who is asked to pass everything on. For connections that are opened from now on.
    public var proxy: ClientProxy?

    /// How many connections were opened so far: a second request that did not raise it went over the first one.
    public private(set) var connectionCount = 0

    private var tls: TLSContext?
    private var stream: BlockingStream?
    private var parser = ResponseParser()
    /// Body that came with the head.
    private var firstBody: [UInt8] = []

    /// A connection that is opened with the first request.
    ///
    /// - Parameters:
    ///   - server: Where the server is.
    ///   - apiKey: Sent as a bearer token.
    ///   - tls: Whom to trust where the server speaks TLS; nil goes by the system's certificates. Reading those takes a
    ///     while, so that connections should share one.
    ///   - timeout: How long the server may be silent.
    public init(
        to server: ServerURL, apiKey: String? = nil, tls: TLSContext? = nil, timeout: Duration = .seconds(600)
    ) {
        self.server = server
        self.tls = tls
        self.apiKey = apiKey
        self.timeout = timeout
    }

    /// Sends a request and waits for the head of its answer. What was left of an earlier answer is dropped.
    ///
    /// - Parameters:
    ///   - method: such as `GET`.
    ///   - path: below the server's prefix, with its slash.
    ///   - fields: further fields of the head; nothing in them may be a stranger's that was not checked.
    ///   - json: the body, if there is one.
    /// - Returns: the answer's head; `readBody` or `collectBody` gives the rest.
    /// - Throws: ``ClientError`` where there is no connection or no answer.
    public func send(
        _ method: String, _ path: String, fields: [(name: String, value: String)] = [], json: [UInt8]? = nil
    ) throws(ClientError) -> ClientResponse {
        try send(raw: request(method, path, fields, json), isHead: method == "HEAD")
    }

    /// Sends a request as it stands, however odd, and waits for the head of its answer: for those who examine servers.
    ///
    /// - Parameters:
    ///   - request: head and body, as they go over the wire.
    ///   - isHead: whether the method is HEAD, whose answer has no body.
    /// - Returns: the answer's head; `readBody` or `collectBody` gives the rest.
    /// - Throws: ``ClientError`` where there is no connection or no answer.
    public func send(raw request: [UInt8], isHead: Bool = false) throws(ClientError) -> ClientResponse {
        if !parser.isDone || !parser.keepsAlive { stream = nil }
        guard stream != nil else { return try exchange(request, isHead) }
        do {
            return try exchange(request, isHead)
        } catch {
            // A server may close an idle connection at any moment.
            stream = nil
            return try exchange(request, isHead)
        }
    }

    /// Hangs up, also in the middle of an answer. The next request opens the connection anew.
    public func close() {
        stream = nil
    }

    /// The next bytes of the body, as they come; nil at its end.
    public func readBody() throws(ClientError) -> [UInt8]? {
        var body = takeFirstBody()
        while body.isEmpty {
            if parser.isDone { return nil }
            try receive(into: &body)
        }
        return body
    }

    /// The whole rest of the body.
    ///
    /// - Throws: ``ClientError``, also where it is longer than the limit.
    public func collectBody(limit: Int = 16 << 20) throws(ClientError) -> [UInt8] {
        var body = takeFirstBody()
        while !parser.isDone {
            try receive(into: &body)
            guard body.count <= limit else { throw ClientError("\(server): the answer is longer than \(limit) bytes") }
        }
        return body
    }
}

extension ClientConnection {
    private func request(
        _ method: String, _ path: String, _ fields: [(name: String, value: String)], _ json: [UInt8]?
    ) -> [UInt8] {
        // A proxy opens a tunnel to a server with TLS, and needs the whole URL of one without.
        let origin = proxy != nil && !server.isSecure ? "http://\(server.authority)" : ""
        var head = "\(method) \(origin)\(server.prefix)\(path) HTTP/1.1\r\nHost: \(server.authority)\r\nAccept: */*\r\n"
        if let authorization = proxy?.authorization, !server.isSecure {
            head += "Proxy-Authorization: \(authorization)\r\n"
        }
        if let apiKey { head += "Authorization: Bearer \(apiKey)\r\n" }
        for field in fields { head += "\(field.name): \(field.value)\r\n" }
        if let json { head += "Content-Type: application/json\r\nContent-Length: \(json.count)\r\n" }
        return Array((head + "\r\n").utf8) + (json ?? [])
    }

    private func exchange(_ request: [UInt8], _ isHead: Bool) throws(ClientError) -> ClientResponse {
        parser = ResponseParser(answersHead: isHead)
        firstBody = []
        try openStream().write(request)
        while true {
            try receive(into: &firstBody)
            if let response = parser.response { return response }
        }
    }

    private func openStream() throws(ClientError) -> BlockingStream {
        if let stream { return stream }
        if server.isSecure, tls == nil {
            do throws(TLSError) {
                tls = try .client()
            } catch {
                throw ClientError("\(server): \(error)")
            }
        }
        let opened = try BlockingStream(
            to: server, tls: server.isSecure ? tls : nil, proxy: proxy, timeout: timeout, isCancelled: isCancelled)
        stream = opened
        connectionCount += 1
        return opened
    }

    private func takeFirstBody() -> [UInt8] {
        defer { firstBody = [] }
        return firstBody
    }

    /// Waits for bytes of the answer and appends what they hold of its body.
    private func receive(into body: inout [UInt8]) throws(ClientError) {
        guard let stream else { throw ClientError("\(server): the connection is closed") }
        do throws(ClientError) {
            let bytes = try stream.read()
            guard !bytes.isEmpty else { return try parser.end() }
            var rest = bytes[...]
            try parser.consume(&rest, body: &body)
        } catch {
            self.stream = nil
            throw error
        }
    }
}
