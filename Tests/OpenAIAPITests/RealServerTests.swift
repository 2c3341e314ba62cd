import Foundation
import FoundationNetworking
import HTTP
import JSON
import Logging
import ServingTestSupport
import Sockets
import Testing

@testable import OpenAIAPI

/// The whole way of a request, over a real socket.
@Suite struct RealServerTests {
    private func withServer(_ client: APIClient, _ body: (String) async throws -> Void) async throws {
        var configuration = HTTPServerConfiguration(addresses: try SocketAddress.resolve(host: "127.0.0.1", port: 0))
        configuration.errorBody = client.errorBody
        let server = HTTPServer(
            configuration: configuration, responder: client.responder, logger: Logger(label: "test"))
        let addresses = try await server.start()
        do {
            try await body("http://\(try #require(addresses.first))")
        } catch {
            await server.shutDown(grace: .zero)
            throw error
        }
        await server.shutDown(grace: .seconds(5))
    }

    private func post(_ url: String, _ body: JSONValue) async throws -> (status: Int, text: String) {
        var request = URLRequest(url: try #require(URL(string: url)))
        request.httpMethod = "POST"
        request.httpBody = Data(body.serializedBytes())
        let (data, response) = try await URLSession.shared.data(for: request)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    @Test func aChatGoesOverTheWire() async throws {
        let client = try APIClient()
        let body = APIClient.chat()
        try client.prepare("<think>\nhm\n</think>\n\nHello 日本.", for: body)
        try await withServer(client) { base in
            let (status, text) = try await post(base + "/v1/chat/completions", body)
            #expect(status == 200)
            let message = try JSONValue(parsing: text)["choices"]?[0]?["message"]
            #expect(message?["content"] == "Hello 日本.")
            #expect(message?["reasoning_content"] == "hm")
        }
    }

    @Test func aStreamGoesOverTheWire() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["stream": true])
        try client.prepare("<think>\nhm\n</think>\n\nHello 日本.", for: body)
        try await withServer(client) { base in
            let (status, text) = try await post(base + "/v1/chat/completions", body)
            #expect(status == 200)
            let data = text.split(separator: "\n\n").filter { !$0.hasPrefix(":") }.map { $0.dropFirst(6) }
            #expect(data.last == "[DONE]")
            let events = try data.dropLast().map { try JSONValue(parsing: String($0)) }
            #expect(try Accumulation(events).content == "Hello 日本.")
        }
    }

    @Test func errorsOfTheServerItselfHaveTheSameShape() async throws {
        let client = try APIClient()
        try await withServer(client) { base in
            let (status, text) = try await post(base + "/v1/nothing", [:])
            #expect(status == 404)
            #expect(try JSONValue(parsing: text)["error"]?["code"] == "unknown_url")
        }
    }
}
