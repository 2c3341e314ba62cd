import APIDoors
import JSON
import Serving
import ServingTestSupport
import Testing

/// What a server can be told about its requests, and what they may say for themselves.
@Suite struct ServerChoiceTests {
    private static let tool: JSONValue = ["type": "function", "function": ["name": "weather"]]

    private func prompt(_ client: APIClient, _ members: JSONObject) async throws -> (text: String, reply: JSONValue) {
        let json = try await client.post("/v1/chat/completions?dry_run=1", APIClient.chat(members)).json
        return (try #require(json["prompt"]?.stringValue, "\(json)"), json)
    }

    private static let field = "exclude_tools_when_tool_choice_none"

    @Test(arguments: [(false, nil), (false, true), (true, nil), (true, false), (true, true)] as [(Bool, Bool?)])
    func toolsThatCannotBeCalledMayBeLeftOut(isSetting: Bool, field: Bool?) async throws {
        let client = try APIClient(adjust: { $0.omitsForbiddenTools = isSetting })
        var members: JSONObject = ["tools": [Self.tool], "tool_choice": "none"]
        members[Self.field] = field.map { .bool($0) }
        let forbidden = try await prompt(client, members)
        #expect(forbidden.text.contains("weather") != (field ?? isSetting))
        #expect(forbidden.reply["warnings"] == nil)
        members["tool_choice"] = "auto"
        let free = try await prompt(client, members)
        #expect(free.text.contains("weather"))
        #expect(free.reply["warnings"]?[0]?["param"]?.stringValue == (field == true ? Self.field : nil))
    }

    @Test(arguments: [false, true]) func aNamedCallEndsAsOpenAIHasItOnRequest(isStrict: Bool) async throws {
        let client = try APIClient()
        for choice in [["type": "function", "function": ["name": "weather"]], "required"] as [JSONValue] {
            let body = APIClient.chat([
                "tools": [Self.tool], "tool_choice": choice, "strict_openai": .bool(isStrict), "enable_thinking": false,
            ])
            let whole = try #require(try await client.chat(body).json["choices"]?[0])
            #expect(whole["message"]?["tool_calls"]?.arrayValue?.count == 1)
            let expected = isStrict && choice.objectValue != nil ? "stop" : "tool_calls"
            #expect(whole["finish_reason"]?.stringValue == expected)
            let streamed = try Accumulation(try await client.chat(body.adding("stream", true)).events)
            #expect(streamed.finishReason == expected)
        }
    }

    @Test func levelsOfThinkingHaveTheServersBudgetsAndAreEchoed() async throws {
        let budgets = try #require(ThinkingBudgets("low=7,max=9,high=unlimited"))
        let client = try APIClient(adjust: { $0.thinkingBudgets = budgets })
        for (level, budget) in [("low", 7), ("max", 9), ("high", nil), ("medium", 4096)] as [(String, Int?)] {
            let body = APIClient.chat(["reasoning_effort": .string(level), "max_tokens": 40, "return_effective": true])
            let reply = try await client.chat(body).json
            let echoed = reply["usage"]?["completion_tokens_details"]?["reasoning_budget"]
            #expect(echoed == (budget == nil ? nil : reply["effective"]?["thinking_budget"]), "\(level)")
            if let budget, budget < 40 {
                #expect(echoed?.intValue == budget)
            }
        }
    }

    @Test(arguments: ["", "low", "low=", "low=x", "low=-1", "none=4", "tiny=4", "low=1,low=2", "low=1,"])
    func budgetsThatMakeNoSenseAreNone(text: String) {
        #expect(ThinkingBudgets(text) == nil)
    }

    private static let template = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}"

    @Test func aTemplateComesWithARequestOnlyWhereTheServerTrustsIt() async throws {
        let trusting = try APIClient(adjust: { $0.trustsRequestTemplates = true })
        let members: JSONObject = ["chat_template": .string(Self.template)]
        #expect(try await prompt(trusting, members).text == "[user] Hi\n")
        #expect(try await trusting.chat(APIClient.chat(members).adding("max_tokens", 4)).status == 200)
        let refusal = try await APIClient().chat(APIClient.chat(members))
        #expect(refusal.status == 400)
        #expect(try refusal.error("param") == "chat_template")
    }

    @Test(arguments: [
        "{% for", "{{ 1 / 0 }}", "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    ])
    func aTemplateThatCannotBeRenderedIsRefused(source: String) async throws {
        let client = try APIClient(adjust: { $0.trustsRequestTemplates = true })
        let reply = try await client.chat(APIClient.chat(["chat_template": .string(source)]))
        #expect(reply.status == 400, "\(reply.text)")
    }

    @Test func aTemplateMakesAModelWithoutOneChat() async throws {
        var options = TestModel.Options()
        options.template = nil
        let client = try APIClient(options, adjust: { $0.trustsRequestTemplates = true })
        #expect(try await prompt(client, ["chat_template": .string(Self.template)]).text == "[user] Hi\n")
    }
}
