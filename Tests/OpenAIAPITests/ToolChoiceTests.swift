import JSON
import ServingTestSupport
import TestSupport
import Testing
import Tokens

/// Which tools a reply calls, and what else it may be, whatever the model would like to say.
@Suite struct ToolChoiceTests {
    private static let tools: JSONValue = [
        tool("weather", ["city": ["type": "string", "maxLength": 4], "days": ["type": "integer", "maximum": 9]]),
        tool("stop", [:]),
        tool("paint", ["colour": ["enum": ["red", "green"]], "matt": ["type": "boolean"]]),
    ]

    private static let answer: JSONValue = [
        "type": "object", "properties": ["ok": ["type": "boolean"]], "required": ["ok"], "additionalProperties": false,
    ]

    private static func tool(_ name: String, _ properties: JSONObject) -> JSONValue {
        [
            "type": "function",
            "function": [
                "name": .string(name), "strict": true,
                "parameters": [
                    "type": "object", "properties": .object(properties), "additionalProperties": false,
                    "required": .array(properties.keys.map { .string($0) }),
                ],
            ],
        ]
    }

    private static func schema(of name: String) -> JSONValue? {
        tools.arrayValue?.first { $0["function"]?["name"]?.stringValue == name }?["function"]?["parameters"]
    }

    private enum Thinking: CaseIterable { case off, on, endless }

    /// A model that writes whatever comes, tags and ends among it.
    private func babbler(_ thinking: Thinking) throws -> APIClient {
        let tokenizer = try TestModel().tokenizer
        let open = try #require(tokenizer.token("<think>"))
        let close = try #require(tokenizer.token("</think>"))
        let call = try #require(tokenizer.token("<tool_call>"))
        let end = try #require(tokenizer.token("<|im_end|>"))
        var options = TestModel.Options()
        options.contextLength = 2048
        options.improvise = { tokens in
            // Another text for each prompt and each beginning.
            let seed = tokens.reduce(into: UInt64(7)) { $0 = $0 &* 31 &+ UInt64($1.index) }
            var random = SeededGenerator(seed: seed)
            if thinking != .off, !tokens.contains(close) {
                guard let start = tokens.lastIndex(of: open) else { return open }
                return thinking == .on && tokens.count - start > 5 ? close : TokenID(40)
            }
            switch Int.random(in: 0..<16, using: &random) {
            case 0: return end
            case 1..<5: return call
            default: return TokenID(Int.random(in: 0..<1000, using: &random))
            }
        }
        return try APIClient(options)
    }

    private static let choices: [(choice: JSONValue, names: Set<String>, isForced: Bool)] = [
        ("auto", ["weather", "stop", "paint"], false),
        ("none", [], false),
        ("required", ["weather", "stop", "paint"], true),
        (["type": "function", "function": ["name": "paint"]], ["paint"], true),
        (allowed("auto"), ["weather", "stop"], false),
        (allowed("required"), ["weather", "stop"], true),
    ]

    private static func allowed(_ mode: String) -> JSONValue {
        let tools = ["weather", "stop"].map { ["type": "function", "function": ["name": .string($0)]] as JSONValue }
        return ["type": "allowed_tools", "allowed_tools": ["mode": .string(mode), "tools": .array(tools)]]
    }

    private static let formats: [JSONValue] = [
        ["type": "text"], ["type": "json_object"],
        ["type": "json_schema", "json_schema": ["name": "answer", "schema": answer]],
    ]

    @Test(arguments: choices.indices, formats.indices)
    func aReplyIsWhatItsRequestAllows(choiceIndex: Int, formatIndex: Int) async throws {
        let (choice, names, isForced) = Self.choices[choiceIndex]
        let isSingle = (choiceIndex + formatIndex) % 2 == 1
        for thinking in Thinking.allCases {
            let client = try babbler(thinking)
            for round in propertyRounds(2) {
                var members: JSONObject = [
                    "tools": Self.tools, "tool_choice": choice, "seed": .number(round), "temperature": 1,
                    "enable_thinking": .bool(thinking != .off), "max_tokens": 110,
                    "parallel_tool_calls": .bool(!isSingle), "response_format": Self.formats[formatIndex],
                    "logprobs": true, "top_logprobs": 2,
                ]
                members["thinking_budget"] = thinking == .endless ? 8 : nil
                let text = "Round \(round)"
                let whole = try await client.chat(APIClient.chat(members, text: text))
                #expect(whole.status == 200, "\(whole.text)")
                let reply = Accumulation(whole: try #require(try whole.json["choices"]?[0]))
                try check(reply, names, isForced, hasFormat: formatIndex > 0, isSingle: isSingle)
                #expect((reply.reasoning?.isEmpty ?? true) == (thinking == .off))
                if reply.toolCalls.isEmpty, reply.finishReason == "stop" {
                    try checkAnswer(reply.content, formatIndex)
                }
                members["stream"] = true
                let streamed = try Accumulation(try await client.chat(APIClient.chat(members, text: text)).events)
                #expect(streamed.withoutIdentifiers() == reply.withoutIdentifiers(), "\(text)")
            }
        }
    }

    /// A complete answer is of its format.
    private func checkAnswer(_ content: String, _ formatIndex: Int) throws {
        guard formatIndex > 0 else { return }
        let value = try JSONValue(parsing: content)
        #expect(value.objectValue != nil, "\(content)")
        if formatIndex == 2 {
            #expect(SchemaCheck.isValid(value, by: Self.answer), "\(content)")
        }
    }

    private func check(
        _ reply: Accumulation, _ names: Set<String>, _ isForced: Bool, hasFormat: Bool, isSingle: Bool
    ) throws {
        let isCut = reply.finishReason == "length"
        for (index, call) in reply.toolCalls.enumerated() where !isCut || index + 1 < reply.toolCalls.count {
            let name = call["name"] ?? ""
            #expect(names.contains(name))
            let arguments = try JSONValue(parsing: call["arguments"] ?? "")
            #expect(SchemaCheck.isValid(arguments, by: try #require(Self.schema(of: name))), "\(call)")
        }
        #expect(!isSingle || reply.toolCalls.count <= 1)
        if isForced {
            #expect((isCut || !reply.toolCalls.isEmpty) && reply.content.isEmpty, "\(reply)")
        }
        if hasFormat, !reply.toolCalls.isEmpty {
            #expect(reply.content.isEmpty)
        }
        if !isCut {
            #expect(reply.finishReason == (reply.toolCalls.isEmpty ? "stop" : "tool_calls"))
        }
    }

    @Test func textStaysAsItIsWhereNoCallIsOpened() async throws {
        let body = APIClient.chat(["tools": Self.tools, "enable_thinking": false, "logprobs": true])
        let text = "{\"name\": \"weather\"} <tool_call>"
        let client = try APIClient()
        // The tag in letters, not the token.
        let tokens =
            client.model.tokens("{\"name\": \"weather\"} ")
            + ["<", "tool", "_", "call", ">"].flatMap {
                client.model.tokens($0)
            }
        try client.prepare(tokens, for: body)
        let reply = try await client.chat(body)
        #expect(try reply.message?["content"]?.stringValue == text)
        #expect(try reply.json["choices"]?[0]?["finish_reason"] == "stop")
        #expect(try reply.json["choices"]?[0]?["logprobs"]?["content"]?.arrayValue?.count == tokens.count)
    }

    @Test(arguments: ["text", "end_thinking"])
    func aCallInsideThinkingIsTextOrEndsIt(policy: String) async throws {
        var options = TestModel.Options()
        options.contextLength = 1024
        let client = try APIClient(options)
        let body = APIClient.chat(["tools": Self.tools, "tool_call_in_think": .string(policy)])
        let call = "<tool_call>\n{\"name\": \"stop\", \"arguments\": {}}\n</tool_call>"
        try client.prepare("<think>\nI stop.\(call)</think>Fine.", for: body)
        let reply = try await client.chat(body).json
        let choice = try #require(reply["choices"]?[0])
        if policy == "text" {
            #expect(choice["message"]?["reasoning_content"]?.stringValue == "I stop.\(call)")
            #expect(choice["finish_reason"] == "stop")
        } else {
            #expect(choice["message"]?["reasoning_content"]?.stringValue == "I stop.")
            #expect(choice["finish_details"]?["reasoning_end"] == "tool_call")
        }
        let refused = try await client.chat(APIClient.chat(["tool_call_in_think": "perhaps"]))
        #expect(try refused.error("param") == "tool_call_in_think")
    }

    @Test func severalChoicesEachObey() async throws {
        let client = try babbler(.off)
        let members: JSONObject = [
            "tools": Self.tools, "tool_choice": "required", "n": 6, "temperature": 1, "max_tokens": 200, "seed": 5,
            "enable_thinking": false, "stop": ["weather", "{"],
        ]
        let reply = try await client.chat(APIClient.chat(members)).json
        var seen: Set<String> = []
        for choice in reply["choices"]?.arrayValue ?? [] {
            let reply = Accumulation(whole: choice)
            try check(reply, ["weather", "stop", "paint"], true, hasFormat: false, isSingle: false)
            seen.formUnion(reply.toolCalls.compactMap { $0["name"] })
        }
        #expect(seen.count > 1)
        #expect(reply["choices"]?.arrayValue?.count == 6)
    }

    @Test(
        arguments: [
            (["tool_choice": "required"], "tool_choice"),
            (["tool_choice": ["type": "function", "function": ["name": "x"]]], "tool_choice"),
            (["tools": tools, "tool_choice": ["type": "function", "function": ["name": "x"]]], "tool_choice"),
            (["tools": tools, "tool_choice": ["type": "function"]], "tool_choice.function"),
            (["tools": tools, "tool_choice": ["type": "custom", "custom": ["name": "x"]]], "tool_choice.type"),
            (["tools": tools, "tool_choice": ["type": "allowed_tools"]], "tool_choice.allowed_tools"),
            (
                ["tools": tools, "tool_choice": ["type": "allowed_tools", "allowed_tools": ["mode": "none"]]],
                "tool_choice.allowed_tools.mode"
            ),
            (
                [
                    "tools": tools,
                    "tool_choice": ["type": "allowed_tools", "allowed_tools": ["mode": "auto", "tools": []]],
                ], "tool_choice.allowed_tools.tools"
            ),
            (["tools": tools, "tool_choice": "required", "ignore_eos": true], "tool_choice"),
            (["function_call": ["name": "x"], "functions": [["name": "y"]]], "tool_choice"),
        ] as [(JSONObject, String)])
    func aChoiceThatCannotBeHonouredIsRefused(members: JSONObject, parameter: String) async throws {
        let reply = try await APIClient().chat(APIClient.chat(members))
        #expect(reply.status == 400, "\(reply.text)")
        #expect(try reply.error("param")?.stringValue == parameter, "\(reply.text)")
    }

    private static func unenforceable(strict: JSONValue?) -> JSONObject {
        var function: JSONObject = [
            "name": "f",
            "parameters": ["type": "object", "properties": ["a": ["type": "string", "format": "colour"]]],
        ]
        function["strict"] = strict
        return ["tools": [["type": "function", "function": .object(function)]]]
    }

    @Test func aStrictFunctionThatCannotBeEnforcedIsRefusedByName() async throws {
        let reply = try await APIClient().chat(APIClient.chat(Self.unenforceable(strict: true)))
        #expect(reply.status == 400)
        #expect(try reply.error("param") == "tools")
        let message = try reply.error("message")?.stringValue ?? ""
        #expect(message.contains("'f'") && message.contains("properties.a.format"), "\(message)")
    }

    @Test(arguments: [nil, false] as [JSONValue?])
    func otherFunctionsAreEnforcedAsFarAsTheyCanBe(strict: JSONValue?) async throws {
        let client = try babbler(.off)
        var members = Self.unenforceable(strict: strict)
        members["tool_choice"] = "required"
        members["max_tokens"] = 40
        let reply = try await client.chat(APIClient.chat(members)).json
        #expect(reply["warnings"]?[0]?["param"] == "tools")
        #expect(reply["warnings"]?[0]?["message"]?.stringValue?.contains("properties.a.format") == true)
        let refused = try await client.chat(APIClient.chat(members.merging(["strict": true])))
        #expect(refused.status == 400)
    }
}
