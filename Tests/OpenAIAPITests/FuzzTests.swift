import JSON
import ServingTestSupport
import TestSupport
import Testing

@Suite struct FuzzTests {
    @Test(arguments: [
        "/v1/chat/completions", "/v1/completions", "/tokenize", "/detokenize", "/apply-template", "/v1/responses",
        "/completion",
    ])
    func noBodyMakesTheServerFail(path: String) async throws {
        try await APIClient().checkRandomBodies(
            path,
            with: ["messages": [["role": "user", "content": "Hi"]], "prompt": "Hi", "input": "Hi", "max_tokens": 2],
            count: 400)
    }

    @Test func noBytesMakeTheServerFail() async throws {
        let client = try APIClient()
        let whole = APIClient.chat(["stop": ["a"], "tools": ChatCompletionsTests.tools, "max_tokens": 2])
            .serializedBytes()
        var random = SeededGenerator(seed: 5)
        for _ in 0..<400 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let reply = try await client.send(.post, "/v1/chat/completions", body: bytes)
            #expect(reply.status < 500, "\(String(decoding: bytes, as: UTF8.self)) → \(reply.text)")
        }
    }
}
