import JSON
import ServingTestSupport
import Testing
import Tokens

/// Answers that are held to a schema, an expression or a choice, by every field that can ask for it.
@Suite struct StructuredOutputTests {
    private static let schema: JSONValue = [
        "type": "object",
        "properties": ["ok": ["type": "boolean"], "count": ["type": "integer", "minimum": 1, "maximum": 40]],
        "required": ["ok", "count"], "additionalProperties": false,
    ]

    /// A model that would say one letter for ever, after some thinking.
    private func rambler(thinks: Bool) throws -> APIClient {
        let tokenizer = try TestModel().tokenizer
        let letter = tokenizer.encode("h")[0]
        let open = try #require(tokenizer.token("<think>"))
        let close = try #require(tokenizer.token("</think>"))
        var options = TestModel.Options()
        options.improvise = { tokens in
            guard thinks, !tokens.contains(close) else { return letter }
            guard let start = tokens.lastIndex(of: open) else { return open }
            return tokens.count - start > 5 ? close : letter
        }
        return try APIClient(options)
    }

    private func content(
        _ client: APIClient, _ members: JSONObject, thinks: Bool = false, seed: Int
    ) async throws -> (content: String, choice: JSONValue) {
        var members = members
        members["seed"] = .number(seed)
        members["temperature"] = 1
        members["enable_thinking"] = .bool(thinks)
        let reply = try await client.chat(APIClient.chat(members)).json
        let choice = try #require(reply["choices"]?[0], "\(reply)")
        return (try #require(choice["message"]?["content"]?.stringValue), choice)
    }

    private static let fields: [@Sendable () -> JSONObject] = [
        {
            [
                "response_format": [
                    "type": "json_schema", "json_schema": ["name": "x", "strict": true, "schema": schema],
                ]
            ]
        },
        { ["structured_outputs": ["json": schema]] },
        { ["guided_json": .string(schema.serialized())] },
        { ["json_schema": schema] },
        { ["response_format": ["type": "json_object", "schema": schema]] },
    ]

    @Test(arguments: fields, [false, true])
    func anAnswerFitsItsSchema(_ field: @Sendable () -> JSONObject, thinks: Bool) async throws {
        let client = try rambler(thinks: thinks)
        for seed in 0..<8 {
            let (text, choice) = try await content(client, field(), thinks: thinks, seed: seed)
            let value = try JSONValue(parsing: text)
            #expect(value["ok"]?.boolValue != nil)
            #expect((1...40).contains(value["count"]?.intValue ?? 0))
            #expect(value.objectValue?.count == 2)
            #expect(choice["finish_reason"] == "stop")
            #expect((choice["message"]?["reasoning_content"]?.stringValue ?? "").isEmpty != thinks)
        }
    }

    @Test func aChoiceAndAnExpressionAreKept() async throws {
        let client = try rambler(thinks: false)
        var seen: Set<String> = []
        for seed in 0..<12 {
            seen.insert(try await content(client, ["guided_choice": ["yes", "no"]], seed: seed).content)
            let digits = try await content(client, ["regex": "[0-9]{3}-[a-c]+?x"], seed: seed).content
            #expect(digits.wholeMatch(of: #/[0-9]{3}-[a-c]+x/#) != nil, "\(digits)")
        }
        #expect(seen.isSubset(of: ["yes", "no"]))
    }

    @Test func nothingThatASamplerDoesOpensAGrammar() async throws {
        let client = try rambler(thinks: false)
        let letter = client.model.tokens("h")[0].index
        let attempts: [JSONObject] = [
            ["min_tokens": 9], ["logit_bias": [String(letter): 100]], ["top_k": 1], ["top_p": 0.01], ["min_p": 1],
            ["logit_bias": .object(JSONObject((0..<1000).map { (String($0), -100) }))],
        ]
        for attempt in attempts {
            var members = attempt
            members["guided_choice"] = ["yes", "no"]
            members["max_tokens"] = 20
            let text = try await content(client, members, seed: 1).content
            #expect(["yes", "no"].contains(text), "\(attempt)")
        }
        let refused = try await client.chat(APIClient.chat(["guided_choice": ["a"], "ignore_eos": true]))
        #expect(refused.status == 400)
    }

    @Test func guessesAheadChangeNothing() async throws {
        var options = TestModel.Options()
        options.improvise = { _ in 5 }
        options.speculation = .init(proposalLimit: 6, isAdaptive: false)
        let guessing = try APIClient(options)
        options.speculation = .off
        let plain = try APIClient(options)
        for seed in 0..<4 {
            let members: JSONObject = ["response_format": ["type": "json_object"], "max_tokens": 120]
            let first = try await content(guessing, members, seed: seed).content
            #expect(try await content(plain, members, seed: seed).content == first)
        }
    }

    private static let question: JSONValue = ["role": "user", "content": "Is it?"]

    private func continued(
        _ client: APIClient, _ last: JSONObject, _ members: JSONObject = [:], field: JSONObject, seed: Int = 1
    ) async throws -> JSONValue {
        var all = field
        all["messages"] = [Self.question, .object(last)]
        all["continue_final_message"] = true
        all["temperature"] = 1
        all["seed"] = .number(seed)
        for (key, value) in members { all[key] = value }
        return try await client.chat(APIClient.chat(all)).json
    }

    @Test(arguments: [
        "{", "{\"ok\": tr", "{\"ok\": true, \"count\": 3", "{\"ok\":false,\"count\":40}",
        "<think>\nhm\n</think>\n\n{\"ok\"", "\n\n{ ",
    ])
    func anAnswerThatIsContinuedFitsAsAWhole(beginning: String) async throws {
        let client = try rambler(thinks: true)
        let begun = String(beginning.split(separator: "</think>").last ?? "")
        for (seed, field) in Self.fields.enumerated() {
            let reply = try await continued(
                client, ["role": "assistant", "content": .string(beginning)], field: field(), seed: seed)
            let message = try #require(reply["choices"]?[0]?["message"], "\(reply)")
            let value = try JSONValue(parsing: begun + (message["content"]?.stringValue ?? ""))
            #expect(value["ok"]?.boolValue != nil)
            #expect((1...40).contains(value["count"]?.intValue ?? 0))
            #expect(message["reasoning_content"]?.stringValue == nil)
            #expect(reply["warnings"] == nil)
        }
    }

    @Test func aFormThatNoAnswerBeginsSoBeginsBehindIt() async throws {
        let client = try rambler(thinks: true)
        for beginning in ["Here it is: ", "{\"no\"", "{\"ok\": 1"] {
            let last: JSONObject = ["role": "assistant", "content": .string(beginning)]
            let reply = try await continued(client, last, field: Self.fields[1]())
            let text = try #require(reply["choices"]?[0]?["message"]?["content"]?.stringValue)
            #expect(try JSONValue(parsing: text)["ok"]?.boolValue != nil)
            #expect(reply["warnings"]?[0]?["param"] == "structured_outputs.json")
            let strict = try await continued(client, last, ["strict": true], field: Self.fields[1]())
            #expect(strict["error"]?["param"] == "structured_outputs.json")
        }
        // Thinking that goes on is no answer yet.
        let thought: JSONObject = ["role": "assistant", "reasoning_content": "{\"ok\": tr"]
        let reply = try await continued(client, thought, field: Self.fields[1]())
        let text = try #require(reply["choices"]?[0]?["message"]?["content"]?.stringValue, "\(reply)")
        #expect(try JSONValue(parsing: text)["ok"]?.boolValue != nil)
        #expect(reply["warnings"] == nil)
    }

    @Test func whatIsContinuedBesideToolsIsHeldToo() async throws {
        let client = try rambler(thinks: false)
        let last: JSONObject = ["role": "assistant", "content": "{\"ok\": true, "]
        let tools: JSONObject = ["tools": [["type": "function", "function": ["name": "f"]]]]
        let answer = try await continued(client, last, tools, field: Self.fields[0]())
        let text = try #require(answer["choices"]?[0]?["message"]?["content"]?.stringValue, "\(answer)")
        #expect(try JSONValue(parsing: "{\"ok\": true, " + text)["count"]?.intValue != nil)
        // Text may stand before a call that is demanded.
        let demanded = try await continued(client, last, ["tool_choice": "required"], field: tools)
        #expect(demanded["choices"]?[0]?["message"]?["tool_calls"]?[0]?["function"]?["name"] == "f")
        #expect(demanded["warnings"] == nil)
    }

    @Test func completionsAreHeldToo() async throws {
        let client = try rambler(thinks: false)
        let reply = try await client.post(
            "/v1/completions",
            ["model": "test-model", "prompt": "Hi", "guided_choice": ["on", "off"], "max_tokens": 20])
        let text = try reply.json["choices"]?[0]?["text"]?.stringValue
        #expect(["on", "off"].contains(text))
    }
}
