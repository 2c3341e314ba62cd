public import HTTPClient
internal import JSON
public import TLS

/// A server that is there: sends what scenarios ask for and writes down what comes of it.
public struct LiveServer: Sendable {
    private let server: ServerURL
    private let apiKey: String?
    private let tls: TLSContext?
    private let timeout: Duration

    /// How much of an answer is kept.
    private static let answerLimit = 32 << 20
    /// A request that is longer is told shortened.
    private static let toldLimit = 2_000

    /// - Parameters:
    ///   - server: Where it is, with or without `/v1`.
    ///   - apiKey: Sent as a bearer token.
    ///   - tls: Whom to trust where the server speaks TLS; nil goes by the system's certificates.
    ///   - timeout: How long it may be silent; a whole answer may take ten times as long.
    public init(_ server: ServerURL, apiKey: String? = nil, tls: TLSContext? = nil, timeout: Duration = .seconds(60)) {
        var server = server
        if server.prefix.hasSuffix("/v1") { server.prefix.removeLast(3) }
        self.server = server
        self.apiKey = apiKey
        self.tls = tls
        self.timeout = timeout
    }

    /// Asks what models there are.
    ///
    /// - Parameter model: The one to examine; nil takes the first.
    /// - Returns: The model to name, and the context's length where the server tells it.
    /// - Throws: ``ClientError`` where the server does not answer or names none.
    public func subject(model: String?) throws(ClientError) -> Subject {
        let connection = connection()
        let list = perform(.get("/v1/models"), over: connection, model: "")
        if let failure = list.failure { throw ClientError(failure) }
        let properties = perform(.get("/props"), over: connection, model: "")
        let subject = Subject(
            models: list.json, properties: properties.json, preferred: model, hasKey: apiKey != nil)
        guard let subject else {
            throw ClientError("\(server): no list of models (\(list.complaint)); name one with --model")
        }
        return subject
    }

    func connection() -> ClientConnection {
        ClientConnection(to: server, tls: tls, timeout: timeout)
    }

    /// Sends a request, again and again where it asks for that, and reads the answer as far as it is wanted.
    func perform(_ ask: Ask, over connection: ClientConnection, model: String) -> Transcript {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            let transcript = performOnce(ask, over: connection, model: model)
            guard let until = ask.until, !until(transcript), ContinuousClock.now < deadline else { return transcript }
            Pause.briefly()
        }
    }

    private func performOnce(_ ask: Ask, over connection: ClientConnection, model: String) -> Transcript {
        let body = ask.bodyBytes(model: model)
        let told = String(decoding: (body ?? []).prefix(Self.toldLimit), as: UTF8.self)
        var transcript = Transcript(method: ask.method, path: ask.path, request: told)
        let start = ContinuousClock.now
        let end = start + timeout * 10
        func milliseconds() -> Int { Int((ContinuousClock.now - start) / .milliseconds(1)) }
        let opened = connection.connectionCount
        do throws(ClientError) {
            let response = try connection.send(raw: wire(ask, body), isHead: ask.method == "HEAD")
            transcript.reusesConnection = opened > 0 && connection.connectionCount == opened
            transcript.status = response.status
            transcript.fields = response.fields
            while let piece = try connection.readBody() {
                transcript.body += piece
                transcript.pieceTimes.append(milliseconds())
                if transcript.pieceTimes.count == ask.cutAfterPieces {
                    connection.close()
                    break
                }
                guard transcript.body.count <= Self.answerLimit else { throw ClientError("the answer does not end") }
                guard ContinuousClock.now < end else { throw ClientError("the answer takes too long") }
            }
        } catch {
            connection.close()
            transcript.failure = error.description
        }
        transcript.milliseconds = milliseconds()
        return transcript
    }

    /// A request as it goes over the wire.
    private func wire(_ ask: Ask, _ body: [UInt8]?) -> [UInt8] {
        var head = "\(ask.method) \(server.prefix)\(ask.path) HTTP/1.1\r\n"
        if !ask.leavesHostOut { head += "Host: \(server.authority)\r\n" }
        head += "User-Agent: ponder-doctor (\(ask.label))\r\nAccept: */*\r\n"
        switch ask.key {
        case .right: if let apiKey { head += "Authorization: Bearer \(apiKey)\r\n" }
        case .wrong: head += "Authorization: Bearer sk-ponder-doctor-wrong-key\r\n"
        case .none: break
        }
        for field in ask.fields { head += "\(field.name): \(field.value)\r\n" }
        guard let body else { return Array((head + "\r\n").utf8) }
        head += "Content-Type: application/json\r\n"
        let chunked = Array("\(String(body.count, radix: 16))\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8)
        switch ask.framing {
        case .counted: return Array((head + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
        case .announced(let count): return Array((head + "Content-Length: \(count)\r\n\r\n").utf8)
        case .chunked: return Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8) + chunked
        case .countedAndChunked:
            head += "Content-Length: \(chunked.count)\r\nTransfer-Encoding: chunked\r\n\r\n"
            return Array(head.utf8) + chunked
        }
    }
}
