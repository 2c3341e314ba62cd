import JSON
import ServingTestSupport
import TestSupport
import Testing
import Tokens

/// `close_json_on_length`: whatever is drawn, an answer that is held to JSON is whole where its tokens run out.
@Suite struct ClosingTests {
    /// A model that writes whatever comes, for ever; where it thinks, for a while.
    private func babbler(endsThinking: Bool = true) throws -> APIClient {
        let tokenizer = try TestModel().tokenizer
        let open = try #require(tokenizer.token("<think>"))
        let close = try #require(tokenizer.token("</think>"))
        var options = TestModel.Options()
        options.contextLength = 2048
        options.improvise = { tokens in
            var random = SeededGenerator(seed: UInt64(tokens.count &* 31 &+ (tokens.last?.index ?? 0)))
            let prompt = tokens.lastIndex(of: open) ?? 0
            guard tokens.contains(close) || prompt == 0 else {
                return endsThinking && tokens.count - prompt > 5 ? close : TokenID(40)
            }
            return TokenID(Int.random(in: 0..<1000, using: &random))
        }
        return try APIClient(options)
    }

    private func body(_ schema: JSONValue, _ maximum: Int, _ more: JSONObject = [:]) -> JSONValue {
        var members: JSONObject = [
            "response_format": ["type": "json_schema", "json_schema": ["name": "x", "schema": schema]],
            "close_json_on_length": true, "max_tokens": .number(maximum), "temperature": 1, "seed": .number(maximum),
        ]
        for (key, value) in more { members[key] = value }
        return APIClient.chat(members)
    }

    @Test(arguments: [false, true])
    func anAnswerIsAlwaysWholeOrSaysThatItIsNot(thinks: Bool) async throws {
        let client = try babbler()
        var closedCount = 0
        for round in propertyRounds(60) {
            var random = SeededGenerator(seed: UInt64(round))
            let schema = RandomSchema.arguments(&random)
            let maximum = Int.random(in: 1...60, using: &random)
            let body = body(schema, maximum, ["enable_thinking": .bool(thinks)])
            let json = try await client.chat(body).json
            let whole = Accumulation(whole: try #require(json["choices"]?[0]))
            #expect(try #require(json["usage"]?["completion_tokens"]?.intValue) <= maximum)
            let form = json["choices"]?[0]?["finish_details"]?["json"]?.stringValue
            #expect((form != nil) == (whole.finishReason == "length"))
            if form != "open" {
                let value = try JSONValue(parsing: whole.content)
                #expect(SchemaCheck.isValid(value, by: schema), "\(schema.serialized()) → \(whole.content)")
            }
            closedCount += form == "closed" ? 1 : 0
            let streamed = try Accumulation(try await client.chat(body.adding("stream", true)).events)
            #expect(streamed.withoutIdentifiers() == whole.withoutIdentifiers())
        }
        #expect(closedCount > 0)
    }

    private static let list: JSONValue = ["type": "array", "items": ["type": "integer", "maximum": 9], "minItems": 3]

    @Test func itIsCutAsItWasWithoutBeingAsked() async throws {
        let client = try babbler()
        let off: JSONObject = ["enable_thinking": false, "close_json_on_length": false]
        let choice = try #require(try await client.chat(body(Self.list, 5, off)).json["choices"]?[0])
        #expect(choice["finish_reason"] == "length")
        #expect(choice["finish_details"] == nil)
    }

    @Test func whatCannotBeHadIsSaid() async throws {
        let client = try babbler()
        let choice = try #require(
            try await client.chat(body(Self.list, 2, ["enable_thinking": false])).json["choices"]?[0])
        #expect(choice["finish_reason"] == "length")
        #expect(choice["finish_details"]?["json"] == "open")
    }

    @Test(arguments: [40, 60, 200]) func thinkingLeavesRoomForTheShortestAnswer(maximum: Int) async throws {
        let client = try babbler(endsThinking: false)
        let more: JSONObject = ["enable_thinking": true, "min_answer_tokens": 0]
        let choice = try #require(try await client.chat(body(Self.list, maximum, more)).json["choices"]?[0])
        let content = try #require(choice["message"]?["content"]?.stringValue)
        #expect(SchemaCheck.isValid(try JSONValue(parsing: content), by: ["type": "array"]))
    }

    @Test func callsAreClosedToo() async throws {
        let client = try babbler()
        let tool: JSONValue = [
            "type": "function",
            "function": [
                "name": "f",
                "parameters": ["type": "object", "properties": ["a": ["type": "string"]], "required": ["a"]],
            ],
        ]
        for maximum in 30...40 {
            let reply = try await client.chat(
                APIClient.chat([
                    "tools": [tool], "tool_choice": "required", "close_json_on_length": true,
                    "max_tokens": .number(maximum), "enable_thinking": false, "temperature": 1,
                ]))
            let choice = Accumulation(whole: try #require(try reply.json["choices"]?[0]))
            for call in choice.toolCalls {
                #expect(try JSONValue(parsing: call["arguments"] ?? "")["a"]?.stringValue != nil)
            }
            #expect(!choice.toolCalls.isEmpty)
        }
    }

    @Test func whereNothingIsHeldItIsWarnedOf() async throws {
        let reply = try await APIClient().chat(APIClient.chat(["close_json_on_length": true]))
        #expect(try reply.json["warnings"]?[0]?["param"] == "close_json_on_length")
    }
}
