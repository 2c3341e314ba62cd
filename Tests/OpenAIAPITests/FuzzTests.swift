import JSON
import TestSupport
import Testing

@Suite struct FuzzTests {
    private static let fields = [
        "messages", "model", "temperature", "top_p", "top_k", "min_p", "max_tokens", "max_completion_tokens", "n",
        "seed", "stop", "stop_token_ids", "stream", "stream_options", "logprobs", "top_logprobs", "presence_penalty",
        "frequency_penalty", "repetition_penalty", "logit_bias", "tools", "tool_choice", "parallel_tool_calls",
        "response_format", "reasoning_effort", "enable_thinking", "chat_template_kwargs", "ignore_eos", "min_tokens",
        "metadata", "prompt", "echo", "suffix", "best_of", "content", "tokens", "functions", "thinking", "reasoning",
        "add_generation_prompt", "continue_final_message", "strict", "audio", "modalities",
        "input", "instructions", "text", "include", "previous_response_id", "store", "max_output_tokens",
    ]

    private static let keys =
        fields + [
            "role", "content", "type", "text", "function", "name", "arguments", "tool_calls", "id", "include_usage",
            "effort", "enabled", "reasoning_content", "0", "7", "-1",
        ]

    private static let strings = [
        "", "user", "assistant", "tool", "system", "text", "function", "test-model", "Hi", "auto", "none", "{}",
        "\u{0}",
        "<|im_end|>", "日本", "image_url",
    ]

    private static func value(depth: Int, _ random: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .number(Int.random(in: -3...30, using: &random))
        case 3: return .number([Int.max, Int.min, 1 << 40][Int.random(in: 0..<3, using: &random)])
        case 4: return .number([0.5, -0.0, 1e300, 2.0, 1e-300][Int.random(in: 0..<5, using: &random)])
        case 5, 6: return .string(strings[Int.random(in: strings.indices, using: &random)])
        case 7:
            return .array(
                (0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth - 1, &random) })
        default:
            var object: JSONObject = [:]
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                object[keys[Int.random(in: keys.indices, using: &random)]] = value(depth: depth - 1, &random)
            }
            return .object(object)
        }
    }

    @Test(arguments: [
        "/v1/chat/completions", "/v1/completions", "/tokenize", "/detokenize", "/apply-template", "/v1/responses",
        "/completion",
    ])
    func noBodyMakesTheServerFail(path: String) async throws {
        let client = try APIClient()
        var random = SeededGenerator(seed: UInt64(path.utf8.count))
        for _ in 0..<400 {
            var body: JSONObject = [
                "messages": [["role": "user", "content": "Hi"]], "prompt": "Hi", "input": "Hi", "max_tokens": 2,
            ]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                body[Self.fields[Int.random(in: Self.fields.indices, using: &random)]] =
                    Self.value(depth: 3, &random)
            }
            let reply = try await client.post(path, .object(body))
            #expect(reply.status < 500, "\(JSONValue.object(body).serialized()) → \(reply.text)")
            if reply.status != 200 {
                #expect(try reply.error("message")?.stringValue != nil)
            }
        }
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
