import APIDoors
import HTTP
import HTTPTypes
import JSON
import Serving
import ServingTestSupport
import Testing

@testable import OpenAIAPI

@Suite struct ErrorTests {
    private func expectError(
        _ reply: Reply, status: Int, type: String = "invalid_request_error", code: String?, param: String?,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(reply.status == status, sourceLocation: sourceLocation)
        #expect(reply.header("content-type") == "application/json", sourceLocation: sourceLocation)
        let error = try #require(try reply.json["error"]?.objectValue, sourceLocation: sourceLocation)
        #expect(error.keys.prefix(4) == ["message", "type", "param", "code"], sourceLocation: sourceLocation)
        #expect(error["message"]?.stringValue?.isEmpty == false, sourceLocation: sourceLocation)
        #expect(error["type"]?.stringValue == type, sourceLocation: sourceLocation)
        #expect(error["code"]?.stringValue == code, sourceLocation: sourceLocation)
        #expect(error["param"]?.stringValue == param, sourceLocation: sourceLocation)
    }

    @Test(arguments: [("/v1/responses", "n"), ("/v1/responses", "prompt_logprobs"), ("/completion", "prompt_logprobs")])
    func whatAnEndpointCannotGiveIsRefusedByName(path: String, key: String) async throws {
        let client = try APIClient()
        let body: JSONValue = ["input": "Hi", "prompt": "Hi"]
        let reply = try await client.post(path, body.adding(key, 2))
        #expect(reply.status == 400)
        #expect(try reply.error("param") == .string(key))
    }

    private static let bodies: [(String, JSONValue)] = [
        ("/v1/chat/completions", APIClient.chat()), ("/v1/completions", ["prompt": "Hi"]),
        ("/v1/responses", ["input": "Hi"]), ("/completion", ["prompt": "Hi"]),
    ]

    @Test(arguments: bodies)
    func aTimeoutOfTheHeadIsReadByEveryEndpoint(path: String, body: JSONValue) async throws {
        let client = try APIClient()
        let name = try #require(HTTPField.Name("X-Request-Timeout"))
        let reply = try await client.send(.post, path, headers: [name: "soon"], body: body.serializedBytes())
        #expect(reply.status == 400)
        #expect(try reply.error("param") == "X-Request-Timeout")
    }

    @Test(arguments: ["", "{", "[1]", "nonsense", "{\"a\":1} x", "\"text\"", "{\"messages\":[}"])
    func aBodyThatIsNoJSONObjectIsRefused(body: String) async throws {
        let reply = try await APIClient().send(.post, "/v1/chat/completions", body: Array(body.utf8))
        try expectError(reply, status: 400, code: nil, param: nil)
    }

    /// Each of the fields with a value of a wrong type.
    static let wrongTypes: [(field: String, value: JSONValue)] = [
        ("messages", "Hi"), ("messages", [:]), ("model", 3), ("temperature", "warm"), ("top_p", true), ("top_k", 1.5),
        ("top_k", "20"), ("min_p", "0"), ("max_tokens", "10"), ("max_tokens", 1.5), ("max_completion_tokens", "10"),
        ("min_tokens", "1"), ("n", "2"), ("n", 1.5), ("seed", "7"), ("seed", 1.5), ("stop", 7), ("stop_token_ids", 7),
        ("stream", "true"), ("stream", 1), ("stream_options", true), ("logprobs", 5), ("top_logprobs", "5"),
        ("presence_penalty", "1"), ("frequency_penalty", "1"), ("repetition_penalty", "1"), ("repeat_penalty", "1"),
        ("logit_bias", [1]), ("tools", [:]), ("tool_choice", 1), ("parallel_tool_calls", "no"),
        ("response_format", "text"), ("reasoning_effort", 1), ("enable_thinking", "no"), ("chat_template_kwargs", []),
        ("ignore_eos", 1), ("include_stop_str_in_output", 1), ("add_generation_prompt", 1),
        ("continue_final_message", 1), ("metadata", "m"), ("user", 1), ("store", "no"), ("service_tier", 1),
        ("safety_identifier", 1), ("prompt_cache_key", 1), ("prompt_cache_options", 1), ("prompt_cache_retention", 1),
        ("verbosity", 1), ("prediction", 1), ("modalities", "text"), ("audio", 1), ("web_search_options", 1),
        ("functions", 1), ("function_call", 1), ("return_tokens_as_token_ids", 1), ("cache_prompt", 1),
        ("cache_salt", 1), ("rope_factor", "2"), ("thinking", 1), ("think", 1), ("reasoning", 1),
    ]

    @Test(arguments: wrongTypes.indices) func aWrongTypeIsRefusedByItsName(index: Int) async throws {
        let (field, value) = Self.wrongTypes[index]
        let reply = try await APIClient().chat(APIClient.chat([field: value]))
        try expectError(reply, status: 400, code: nil, param: field)
    }

    /// Values in deeper places, and where the error must point.
    static let deep: [(body: JSONObject, param: String)] = [
        (["messages": []], "messages"),
        (["messages": [1]], "messages[0]"),
        (["messages": [["content": "Hi"]]], "messages[0].role"),
        (["messages": [["role": "judge", "content": "Hi"]]], "messages[0].role"),
        (["messages": [["role": "user"]]], "messages[0].content"),
        (["messages": [["role": "user", "content": 7]]], "messages[0].content"),
        (["messages": [["role": "user", "content": [["type": "text"]]]]], "messages[0].content[0].text"),
        (["messages": [["role": "user", "content": [["text": "Hi"]]]]], "messages[0].content[0].type"),
        (["messages": [["role": "assistant", "reasoning_content": 7]]], "messages[0].reasoning_content"),
        (["messages": [["role": "assistant", "tool_calls": [["id": "a"]]]]], "messages[0].tool_calls[0].function"),
        (
            ["messages": [["role": "assistant", "tool_calls": [["function": ["arguments": "{}"]]]]]],
            "messages[0].tool_calls[0].function.name"
        ),
        (["stop": ["a", 1]], "stop[1]"),
        (["stop_token_ids": [1, "a"]], "stop_token_ids[1]"),
        (["stream": true, "stream_options": ["include_usage": 1]], "stream_options.include_usage"),
        (["chat_template_kwargs": ["enable_thinking": "false"]], "chat_template_kwargs.enable_thinking"),
        (["chat_template_kwargs": ["messages": []]], "chat_template_kwargs.messages"),
        (["tools": [["type": "function"]]], "tools[0].function"),
        (["tools": [["type": "function", "function": ["name": ""]]]], "tools[0].function.name"),
        (["logit_bias": ["x": 1]], "logit_bias.x"),
        (["logit_bias": ["7": "1"]], "logit_bias[\"7\"]"),
        (["response_format": [:]], "response_format.type"),
        (["response_format": ["type": "json_schema"]], "response_format.json_schema"),
        (["response_format": ["type": "json_schema", "json_schema": [:]]], "response_format.json_schema.schema"),
        (["guided_regex": "a", "guided_choice": ["b"]], "guided_choice"),
        (["structured_outputs": [:]], "structured_outputs"),
        (["guided_json": "{"], "guided_json"), (["guided_choice": [1]], "guided_choice[0]"),
    ]

    @Test(arguments: deep.indices) func anErrorPointsIntoTheBody(index: Int) async throws {
        let (body, param) = Self.deep[index]
        try expectError(try await APIClient().chat(APIClient.chat(body)), status: 400, code: nil, param: param)
    }

    /// Values out of range.
    static let ranges: [(field: String, value: JSONValue)] = [
        ("temperature", 2.5), ("temperature", -1), ("top_p", 1.5), ("top_k", -2), ("min_p", -0.5), ("max_tokens", -1),
        ("max_completion_tokens", -1), ("n", 0), ("n", 1000), ("presence_penalty", 3), ("frequency_penalty", -3),
        ("repetition_penalty", 0), ("logit_bias", ["5": 101]), ("logit_bias", ["99999999": 1]), ("stop", ""),
        ("stop_token_ids", [-1]), ("min_tokens", -1), ("verbosity", "loud"), ("reasoning_effort", "most"),
        ("tool_choice", "maybe"), ("think", "a bit"), ("temperature", .number(1e308)),
        ("stop", .array(Array(repeating: "a", count: 17))),
    ]

    @Test(arguments: ranges.indices) func aValueOutOfRangeIsRefusedByItsName(index: Int) async throws {
        let (field, value) = Self.ranges[index]
        try expectError(
            try await APIClient().chat(APIClient.chat([field: value])), status: 400, code: nil, param: field)
    }

    @Test func alternativesNeedLogProbabilitiesAndAreAtMostTwenty() async throws {
        let client = try APIClient()
        try expectError(
            try await client.chat(APIClient.chat(["top_logprobs": 2])), status: 400, code: nil, param: "top_logprobs")
        try expectError(
            try await client.chat(APIClient.chat(["logprobs": true, "top_logprobs": 21])), status: 400, code: nil,
            param: "top_logprobs")
    }

    /// Legitimate values that are not supported.
    static let unsupported: [(field: String, value: JSONValue, param: String)] = [
        ("response_format", ["type": "structural_tag"], "response_format"),
        (
            "response_format",
            ["type": "json_schema", "json_schema": ["schema": ["type": "object", "unevaluatedProperties": false]]],
            "response_format.json_schema.schema"
        ),
        ("structured_outputs", ["regex": "(?=a)"], "structured_outputs.regex"),
        ("format", "json", "format"), ("output_format", ["type": "json_schema"], "output_format"),
        ("guided_grammar", "root ::= 1", "guided_grammar"), ("ebnf", "root ::= 1", "ebnf"),
        ("tool_choice", ["type": "custom", "custom": ["name": "f"]], "tool_choice.type"),
        ("tools", [["type": "custom", "custom": ["name": "f"]]], "tools[0].type"),
        ("modalities", ["text", "audio"], "modalities"),
        ("audio", ["voice": "a", "format": "wav"], "audio"),
        ("web_search_options", [:], "web_search_options"),
        (
            "messages", [["role": "user", "content": [["type": "image_url", "image_url": ["url": "a"]]]]],
            "messages[0].content[0]"
        ),
    ]

    @Test(arguments: unsupported.indices) func whatIsNotSupportedIsRefusedAndSaidSo(index: Int) async throws {
        let (field, value, param) = Self.unsupported[index]
        let reply = try await APIClient().chat(APIClient.chat([field: value]))
        try expectError(reply, status: 400, code: "unsupported_value", param: param)
    }

    /// What an answer is to be held to, by the names of other dialects.
    static let foreignForms: JSONObject = [
        "guided_json": ["type": "object"], "guided_json_object": true, "guided_whitespace_pattern": " ",
        "structured_outputs": ["choice": ["a"]], "regex": "a", "ebnf": "root ::= \"a\"", "grammar": "root ::= \"a\"",
        "json_schema": ["type": "object"], "response_format": ["type": "json_object"], "format": "json",
        "structural_tag": "a", "stop_regex": "a", "bad_words": ["a"], "allowed_token_ids": [1], "best_of": 2,
    ]

    @Test(arguments: foreignForms.map(\.key)) func responsesRefuseTheFormsOfOtherDialects(field: String) async throws {
        let body: JSONValue = ["model": "test-model", "input": "Hi", "max_output_tokens": 4]
        let form = try #require(Self.foreignForms[field])
        let reply = try await APIClient().post("/v1/responses", body.adding(field, form))
        try expectError(reply, status: 400, code: "unsupported_value", param: field)
        // What asks for nothing is no reason to refuse.
        for nothing: JSONValue in field == "response_format" ? [nil, ["type": "text"]] : [nil] {
            #expect(try await APIClient().post("/v1/responses", body.adding(field, nothing)).status == 200)
        }
    }

    @Test(arguments: ["format", "best_of", "stop_regex", "bad_words"])
    func nativeCompletionsRefuseTheFormsOfOtherDialects(field: String) async throws {
        let body: JSONValue = ["prompt": "Hi", "n_predict": 4]
        let form = try #require(Self.foreignForms[field])
        let reply = try await APIClient().post("/completion", body.adding(field, form))
        try expectError(reply, status: 400, code: "unsupported_value", param: field)
    }

    @Test func aMessageThatCallsToolsIsNotContinued() async throws {
        let call: JSONValue = ["id": "1", "type": "function", "function": ["name": "f", "arguments": "{}"]]
        let messages: JSONValue = [
            ["role": "user", "content": "Hi"], ["role": "assistant", "content": "Well", "tool_calls": [call]],
        ]
        let reply = try await APIClient().chat(
            APIClient.chat(["messages": messages, "continue_final_message": true]))
        try expectError(reply, status: 400, code: nil, param: "continue_final_message")
    }

    @Test func aPromptThatIsTooLongIsRefusedWithBothNumbers() async throws {
        var options = TestModel.Options()
        options.contextLength = 64
        let reply = try await APIClient(options).chat(APIClient.chat(text: String(repeating: "word ", count: 100)))
        try expectError(reply, status: 400, code: "context_length_exceeded", param: "messages")
        #expect(try reply.error("n_ctx") == 64)
        let count = try #require(try reply.error("n_prompt_tokens")?.intValue)
        let message = try #require(try reply.error("message")?.stringValue)
        #expect(message.contains("64"))
        #expect(message.contains(String(count)))
    }

    @Test func anUnknownModelIsNotFound() async throws {
        let client = try APIClient()
        for path in ["/v1/chat/completions", "/v1/completions"] {
            let reply = try await client.post(
                path, ["model": "gpt-4", "prompt": "a", "messages": [["role": "user", "content": "Hi"]]])
            try expectError(reply, status: 404, code: "model_not_found", param: "model")
        }
    }

    @Test func unknownRoutesAndWrongMethodsAreRefusedInTheSameShape() async throws {
        let client = try APIClient()
        try expectError(try await client.get("/v1/nothing"), status: 404, code: "unknown_url", param: nil)
        let reply = try await client.get("/v1/chat/completions")
        try expectError(reply, status: 405, code: "method_not_allowed", param: nil)
        #expect(reply.header("allow")?.contains("POST") == true)
    }

    @Test func aBodyThatIsTooLargeIsRefused() async throws {
        let client = try APIClient(bodyByteLimit: 100)
        let reply = try await client.chat(APIClient.chat(text: String(repeating: "a", count: 200)))
        try expectError(reply, status: 413, code: "request_too_large", param: nil)
    }

    @Test func aModelWithoutAChatTemplateCannotChat() async throws {
        var options = TestModel.Options()
        options.template = nil
        let reply = try await APIClient(options).chat(APIClient.chat())
        try expectError(reply, status: 400, code: "unsupported_value", param: "messages")
    }

    @Test func whileLoadingClientsAreAskedToWait() async throws {
        let client = try APIClient()
        client.service.registry.beginLoading("other")
        let reply = try await client.chat(APIClient.chat(["model": "other"]))
        try expectError(reply, status: 503, type: "server_error", code: "model_loading", param: nil)
        #expect(reply.header("retry-after") != nil)
        #expect(reply.header("retry-after-ms") != nil)
        #expect(reply.header("x-should-retry") == nil)
    }

    @Test func afterAFailureToLoadClientsAreToldNotToRetry() async throws {
        let client = try APIClient()
        client.service.registry.fail("other", reason: "cut file")
        let reply = try await client.chat(APIClient.chat(["model": "other"]))
        try expectError(reply, status: 503, type: "server_error", code: "model_load_failed", param: nil)
        #expect(reply.header("x-should-retry") == "false")
        #expect(reply.header("retry-after") == nil)
    }

    @Test func whileDrainingNothingNewIsTaken() async throws {
        let client = try APIClient()
        client.service.registry.beginDraining()
        let reply = try await client.chat(APIClient.chat())
        try expectError(reply, status: 503, type: "server_error", code: "shutting_down", param: nil)
        #expect(reply.header("retry-after") != nil)
    }

    @Test func aFullQueueAsksToComeBackLater() async throws {
        let error = APIError(.queueFull(limit: 8, retryAfter: .milliseconds(2500)))
        #expect(error.status == 503)
        #expect(error.code == .overloaded)
        #expect(error.headers.map(\.0) == ["Retry-After", "retry-after-ms"])
        #expect(error.headers.map(\.1) == ["3", "2500"])
    }

    @Test func theServersOwnFaultIsAnInternalError() throws {
        let error = APIError(.internalFailure("no memory"))
        #expect(error.status == 500)
        #expect(error.type == .server)
        #expect(error.code == .internalError)
        #expect(APIError(HTTPError(.internalError, "x")).code == .internalError)
    }
}
