import JSON
import ServingTestSupport
import Testing

/// Every combination of the switches for thinking, and what is told of it.
@Suite struct EffectiveSettingsTests {
    /// In the order in which they go before each other.
    private static let switches: [(name: String, isOn: Bool, members: JSONObject)] = [
        ("chat_template_kwargs.enable_thinking", false, ["chat_template_kwargs": ["enable_thinking": false]]),
        ("enable_thinking", true, ["enable_thinking": true]),
        ("thinking.type", false, ["thinking": ["type": "disabled"]]),
        ("think", true, ["think": true]),
        ("reasoning.enabled", false, ["reasoning": ["enabled": false]]),
        ("reasoning_effort", true, ["reasoning_effort": "low"]),
        ("reasoning.effort", false, ["reasoning": ["effort": "none"]]),
    ]

    /// Budgets by each of their names, the levels among them.
    private static let budgets: [(name: String, tokenCount: Int, members: JSONObject)] = [
        ("thinking_budget", 700, ["thinking_budget": 700]),
        ("thinking.budget_tokens", 600, ["thinking": ["type": "enabled", "budget_tokens": 600]]),
        ("reasoning.max_tokens", 500, ["reasoning": ["max_tokens": 500]]),
        ("thinking_budget_tokens", 400, ["thinking_budget_tokens": 400]),
        ("thinking_token_budget", 300, ["thinking_token_budget": 300]),
        ("reasoning_effort", 256, ["reasoning_effort": "minimal"]),
    ]

    @Test func theSmallestBudgetHoldsAndTheOthersAreWarnedOf() async throws {
        var options = TestModel.Options()
        options.contextLength = 4096
        let client = try APIClient(options)
        for mask in 1..<(1 << Self.budgets.count) {
            let given = Self.budgets.indices.filter { mask & (1 << $0) != 0 }.map { Self.budgets[$0] }
            var members: JSONObject = ["dry_run": true]
            for (key, value) in given.flatMap({ Array($0.members) }) { members[key] = value }
            let json = try await client.chat(APIClient.chat(members)).json
            let smallest = try #require(given.last)
            #expect(json["effective"]?["thinking_budget"]?.intValue == smallest.tokenCount, "\(members)")
            #expect(json["effective"]?["thinking_budget_source"]?.stringValue == smallest.name)
            let warned = json["warnings"]?.arrayValue?.compactMap { $0["param"]?.stringValue } ?? []
            #expect(Set(warned) == Set(given.dropLast().map(\.name)))
        }
    }

    private static let tools: JSONValue = [
        ["type": "function", "function": ["name": "f"]], ["type": "function", "function": ["name": "g"]],
    ]

    /// What is said about calls, and the mode and tools that it comes to.
    private static let toolModes: [(members: JSONObject, mode: String, callable: JSONValue)] = [
        ([:], "none", []),
        (["tools": tools], "auto", ["f", "g"]),
        (["tools": tools, "tool_choice": "auto"], "auto", ["f", "g"]),
        (["tools": tools, "tool_choice": "none"], "none", []),
        (["tools": tools, "tool_choice": "required"], "required", ["f", "g"]),
        (["tools": tools, "tool_choice": ["type": "function", "function": ["name": "g"]]], "required", ["g"]),
        (
            [
                "tools": tools,
                "tool_choice": [
                    "type": "allowed_tools",
                    "allowed_tools": ["mode": "auto", "tools": [["type": "function", "function": ["name": "f"]]]],
                ],
            ], "auto", ["f"]
        ),
    ]

    @Test(arguments: [true, false]) func theModeOfToolsIsTold(thinks: Bool) async throws {
        let client = try APIClient()
        for (members, mode, callable) in Self.toolModes {
            let body = try APIClient.chat(members).adding("dry_run", true).adding("enable_thinking", .bool(thinks))
            let effective = try #require(try await client.chat(body).json["effective"])
            #expect(effective["tool_mode"]?.stringValue == mode)
            #expect(effective["callable_tools"] == callable)
            #expect(effective["thinking"] == .bool(thinks))
            #expect(effective["yarn_factor"]?.doubleValue == 1)
            #expect(effective["service_tier"] == "default")
        }
    }

    @Test func theFirstOfTheSwitchesWinsAndTheOthersAreWarnedOf() async throws {
        let client = try APIClient()
        for mask in 0..<(1 << Self.switches.count) {
            let given = Self.switches.indices.filter { mask & (1 << $0) != 0 }.map { Self.switches[$0] }
            var members: JSONObject = ["dry_run": true]
            for (key, value) in given.flatMap({ Array($0.members) }) {
                // Two of the switches are members of one object.
                var object = members[key]?.objectValue ?? [:]
                for (name, member) in value.objectValue ?? [:] { object[name] = member }
                members[key] = value.objectValue == nil ? value : .object(object)
            }
            let json = try await client.chat(APIClient.chat(members)).json
            let effective = json["effective"]
            #expect(effective?["thinking"]?.boolValue == given.first?.isOn ?? true, "\(members)")
            #expect(effective?["thinking_source"]?.stringValue == given.first?.name ?? "default")
            let warned = json["warnings"]?.arrayValue?.compactMap { $0["param"]?.stringValue } ?? []
            #expect(warned == given.filter { $0.isOn != given.first?.isOn }.map(\.name))
        }
    }

    @Test func aDryRunGeneratesNothingAndHasTheRealPrompt() async throws {
        let client = try APIClient()
        let members: JSONObject = ["temperature": 0.5, "seed": 7, "stop": ["x"], "max_tokens": 40]
        let dry = try await client.post("/v1/chat/completions?dry_run=1", APIClient.chat(members)).json
        #expect(client.model.served.engine.statistics.stepCount == 0)
        let applied = try await client.post("/apply-template", APIClient.chat()).json
        #expect(dry["prompt"] == applied["prompt"])
        #expect(dry["prompt_token_ids"] == applied["tokens"])
        let effective = try #require(dry["effective"])
        #expect(effective["sampling"]?["temperature"] == 0.5)
        #expect(effective["sampling"]?["seed"] == 7)
        #expect(effective["stop"] == ["x"])
        #expect(effective["max_tokens"] == 40)
        var asking = members
        asking["return_effective"] = true
        #expect(try await client.chat(APIClient.chat(asking)).json["effective"] == effective)
        asking["stream"] = true
        let events = try await client.chat(APIClient.chat(asking)).events
        #expect(events.first?["effective"] == effective)
        #expect(events.dropFirst().allSatisfy { $0["effective"] == nil })
        #expect(try await client.chat(APIClient.chat(members)).json["effective"] == nil)
    }

    @Test(arguments: [
        ("qwen3-thinking-2507", true), ("qwen3-instruct-2507", false),
    ])
    func whatTheTemplateDecidesIsNotTheRequests(template: String, thinks: Bool) async throws {
        var options = TestModel.Options()
        options.template = "templates/\(template).jinja"
        let client = try APIClient(options)
        for members in [
            [:], ["think": .bool(!thinks)], ["thinking": ["type": thinks ? "disabled" : "enabled"]],
            ["reasoning_effort": thinks ? "none" : "high"],
        ] as [JSONObject] {
            let json = try await client.chat(try APIClient.chat(members).adding("dry_run", true)).json
            #expect(json["effective"]?["thinking"] == .bool(thinks), "\(members)")
            #expect(json["effective"]?["thinking_source"] == "model")
            let warned = json["warnings"]?.arrayValue?.compactMap { $0["param"]?.stringValue } ?? []
            // By the name that the client used.
            let names = members.keys.map { $0 == "thinking" ? "thinking.type" : $0 }
            #expect(warned == names)
        }
    }

    @Test func variablesThatTheTemplateDoesNotReadAreNamed() async throws {
        let client = try APIClient()
        let variables: JSONValue = ["enable_thinking": true, "preserve_thinking": false, "thinking": false, "a.b": 1]
        let body = APIClient.chat(["chat_template_kwargs": variables])
        let warned = try await client.chat(body).json["warnings"]?.arrayValue?.compactMap { $0["param"]?.stringValue }
        #expect(warned == ["chat_template_kwargs.thinking", "chat_template_kwargs.a.b"])
        let strict = try await client.chat(try body.adding("strict", true))
        #expect(strict.status == 400)
        #expect(try strict.error("param") == "chat_template_kwargs.thinking")
    }

    @Test func promptsCanBeCounted() async throws {
        let client = try APIClient()
        let count = try await client.post("/v1/chat/completions/input_tokens", APIClient.chat()).json
        let applied = try await client.post("/v1/apply-template", APIClient.chat()).json
        #expect(count == ["object": "response.input_tokens", "input_tokens": try #require(applied["count"])])
    }

    @Test func stopsCanListenToReasoning() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["stop": "hm", "max_tokens": 400])
        try client.prepare("<think>\nso hm so\n</think>\n\nNo hm.", for: body)
        let content = try await client.chat(body).json["choices"]?[0]?["message"]
        #expect(content?["reasoning_content"] == "so hm so")
        #expect(content?["content"] == "No ")
        let all = try await client.chat(APIClient.chat(["stop": "hm", "stop_scope": "all"])).json["choices"]?[0]
        #expect(all?["message"]?["reasoning_content"] == "so ")
        #expect(all?["message"]?["content"] == "")
        #expect(all?["finish_reason"] == "stop")
    }
}
