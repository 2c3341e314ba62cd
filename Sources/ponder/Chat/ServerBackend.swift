import Foundation
import HTTPClient
import JSON
import OpenAIAPI
import Serving
import Synchronization
import TLS

/// A model of an OpenAI-compatible server.
struct ServerBackend: ChatBackend {
    let modelName: String
    private let server: ServerURL
    private let apiKey: String?
    private let tls: TLSContext?
    /// Whether the server is of a make that tells how far it has read a prompt, and does not refuse to be asked for it.
    private let tellsProgress: Bool

    /// Asks the server for its models, to begin with an error rather than to fail at the first message.
    ///
    /// - Parameters:
    ///   - server: where it is, with or without `/v1` at its end.
    ///   - apiKey: sent as a bearer token.
    ///   - tls: whom to trust; nil where the server speaks no TLS.
    ///   - model: the model's name; nil takes the first of the server's list.
    /// - Returns: a backend for the model.
    /// - Throws: ``ClientError`` where there is no server, or it refuses.
    static func connect(
        to server: ServerURL, apiKey: String?, tls: TLSContext?, model: String?
    ) async throws -> ServerBackend {
        var server = server
        if server.prefix.hasSuffix("/v1") { server.prefix.removeLast(3) }
        return try await onOwnThread { [server] in
            let connection = ClientConnection(to: server, apiKey: apiKey, tls: tls, timeout: .seconds(30))
            let response = try connection.send("GET", "/v1/models")
            let body = try connection.collectBody()
            guard response.status == 200 else { throw ServerReplyReader.failure(response.status, body, of: server) }
            guard let name = try? model ?? JSONValue(parsing: body)["data"]?[0]?["id"]?.stringValue else {
                throw ClientError("\(server): no list of models; name one with --model")
            }
            let make = response["server"]?.lowercased() ?? ""
            return ServerBackend(
                modelName: name, server: server, apiKey: apiKey, tls: tls,
                tellsProgress: make.hasPrefix("ponder") || make.hasPrefix("llama.cpp"))
        }
    }

    func reply(to request: ChatRequest, _ receive: @escaping @Sendable (ReplyEvent) -> Void) async throws {
        let body = ServerRequest.body(for: request, model: modelName, tellsProgress: tellsProgress)
        let flag = CancellationFlag()
        try await withTaskCancellationHandler {
            try await Self.onOwnThread { try exchange(body, flag, receive) }
        } onCancel: {
            flag.set()
        }
    }

    private func exchange(
        _ body: [UInt8], _ flag: CancellationFlag, _ receive: (ReplyEvent) -> Void
    ) throws(ClientError) {
        let connection = ClientConnection(to: server, apiKey: apiKey, tls: tls)
        connection.isCancelled = { flag.isSet }
        let response = try connection.send("POST", "/v1/chat/completions", json: body)
        guard response.status == 200 else {
            throw ServerReplyReader.failure(response.status, try connection.collectBody(), of: server)
        }
        var events = EventStreamParser()
        var reader = ServerReplyReader(server: server, countTokens: countTokens)
        // Leaving closes the connection, by which the server learns that nobody reads on.
        while !flag.isSet, let bytes = try connection.readBody() {
            for data in events.consume(bytes) {
                try reader.read(data).forEach(receive)
            }
        }
        guard !flag.isSet else { return }
        receive(.finished(try reader.end()))
    }

    /// By the server's own tokenizer, where it has an endpoint for it: llama-server's field is `content`, vLLM's `prompt`.
    private func countTokens(_ text: String) -> Int? {
        let connection = ClientConnection(to: server, apiKey: apiKey, tls: tls, timeout: .seconds(2))
        let members: JSONObject = [
            "model": .string(modelName), "content": .string(text), "prompt": .string(text),
            "add_special_tokens": false,
        ]
        let body = JSONValue.object(members).serializedBytes()
        guard let response = try? connection.send("POST", "/tokenize", json: body), response.status == 200,
            let reply = try? JSONValue(parsing: connection.collectBody())
        else { return nil }
        return reply["tokens"]?.arrayValue?.count ?? reply["count"]?.intValue
    }

    /// The client's calls block, which threads of the concurrent pool must not.
    private static func onOwnThread<Value: Sendable>(
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Result(catching: work)) }
            thread.name = "ponder-client"
            thread.start()
        }
    }
}

/// Whether nobody wants a reply any more.
private final class CancellationFlag: Sendable {
    private let state = Mutex(false)

    var isSet: Bool { state.withLock { $0 } }

    func set() {
        state.withLock { $0 = true }
    }
}
