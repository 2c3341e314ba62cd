internal import JSON

extension Scenario {
    static let toolsAuto = tools("tools.auto", #""seed": 1"#)
    static let toolsRequired = tools("tools.required", #""tool_choice": "required""#)
    static let toolsNamed = tools(
        "tools.named", #""tool_choice": {"type": "function", "function": {"name": "get_time"}}"#)
    static let toolsNone = tools("tools.none", #""tool_choice": "none""#)
    static let toolsSingle = tools(
        "tools.single", #""tool_choice": "required", "parallel_tool_calls": false"#,
        question: #"{"role": "user", "content": "What is the weather in Paris and in London in celsius?"}"#)
    static let toolsSeveral = tools(
        "tools.several", #""tool_choice": "auto""#,
        question: #"{"role": "user", "content": "What is the weather in Paris and in London in celsius?"}"#)
    static let toolsUnthinking = tools(
        "tools.unthinking",
        #""tool_choice": "auto", "chat_template_kwargs": {"enable_thinking": false}, "stream": true"#)

    static func tools(_ name: String, _ members: String, question: String = ToolFixtures.question) -> Scenario {
        Scenario(
            name,
            .chat(
                #"{"messages": [\#(question)], "tools": \#(ToolFixtures.both), "temperature": 0, "max_tokens": 512, \#(members)}"#
            ))
    }
}

extension Check {
    static let tools: [Check] = [
        Check(
            "tools.auto", "tools are taken, and a reply is text or calls", .must, needs: [.tools], from: .toolsAuto,
            why: "a reply that is neither ends an agent's loop"
        ) { evidence in
            let reply = try evidence.reply(.toolsAuto)
            try require(!reply.toolCalls.isEmpty || !reply.content.isEmpty, "neither content nor calls")
        },
        Check(
            "tools.required", "required: a call comes", .must, complaints: [16, 24], needs: [.tools],
            from: .toolsRequired,
            why: "the choice is ignored in silence"
        ) { evidence in
            let reply = try evidence.offeredReply(.toolsRequired)
            try require(!reply.toolCalls.isEmpty, "no tool_calls, finish_reason \(reply.finishReason ?? "missing")")
        },
        Check(
            "tools.required-thinks", "required leaves the thinking on", .should, complaints: [25], needs: [.tools],
            from: .toolsAuto, .toolsRequired, why: "a call without thought is a worse one"
        ) { evidence in
            try presuppose(!(try evidence.reply(.toolsAuto).reasoning.isEmpty), "the model did not think")
            let reply = try evidence.offeredReply(.toolsRequired)
            try require(!reply.reasoning.isEmpty, "reasoning with auto, none with required")
        },
        Check(
            "tools.named", "a named function is the one that is called", .must, complaints: [24], needs: [.tools],
            from: .toolsNamed, why: "applications that extract data depend on it"
        ) { evidence in
            let reply = try evidence.offeredReply(.toolsNamed)
            let names = reply.toolCalls.map { $0["function"]?["name"]?.stringValue ?? "" }
            try require(!names.isEmpty && Set(names) == ["get_time"], "called: \(names.joined(separator: ", "))")
        },
        Check(
            "tools.none", "none: no call, and no markup of one", .must, complaints: [4, 24], needs: [.tools],
            from: .toolsNone, why: "an application that said none has no code for calls"
        ) { evidence in
            let reply = try evidence.reply(.toolsNone)
            try require(reply.toolCalls.isEmpty, "tool_calls")
            try requireNoCalls(in: reply.content)
        },
        Check(
            "tools.id", "every call has an id", .must, complaints: [22], needs: [.tools],
            from: .toolsRequired, .toolsSeveral, why: "results are sent back under it"
        ) { evidence in
            let ids = try calls(evidence).map { $0["id"]?.stringValue ?? "" }
            try require(!ids.contains(""), "a call without one")
        },
        Check(
            "tools.ids-unique", "no two calls have the same id", .must, complaints: [22], needs: [.tools],
            from: .toolsRequired, .toolsSeveral, why: "two results for one call"
        ) { evidence in
            let ids = try calls(evidence).compactMap { $0["id"]?.stringValue }.filter { !$0.isEmpty }
            try presuppose(ids.count > 1, "fewer than two calls")
            try require(Set(ids).count == ids.count, "an id twice")
        },
        Check(
            "tools.type", "a call's type is function", .must, needs: [.tools], from: .toolsRequired,
            why: "typed SDKs require the literal"
        ) { evidence in
            for call in try requiredCalls(evidence) {
                try require(
                    call["type"]?.stringValue == "function", "type is \(call["type"]?.serialized() ?? "missing")")
            }
        },
        Check(
            "tools.name", "a call's function is one that was offered", .must, needs: [.tools], from: .toolsRequired,
            why: "agents fail on functions that they have not"
        ) { evidence in
            for call in try requiredCalls(evidence) {
                let name = call["function"]?["name"]?.stringValue ?? ""
                try require(ToolFixtures.names.contains(name), "name is \(name.debugDescription)")
            }
        },
        Check(
            "tools.arguments-string", "arguments are a string", .must, needs: [.tools], from: .toolsRequired,
            why: "SDKs parse it"
        ) { evidence in
            for call in try requiredCalls(evidence) {
                let arguments = call["function"]?["arguments"]
                try require(arguments?.stringValue != nil, "arguments are \(arguments?.kind ?? "missing")")
            }
        },
        Check(
            "tools.arguments-json", "arguments are JSON", .must, complaints: [17], needs: [.tools],
            from: .toolsRequired,
            why: "agents crash on missing braces"
        ) { evidence in
            let reply = try whole(evidence)
            for text in reply.toolCalls.compactMap({ $0["function"]?["arguments"]?.stringValue }) {
                try require((try? JSONValue(parsing: text))?.objectValue != nil, "arguments are \(text.prefix(40))")
            }
        },
        Check(
            "tools.arguments-schema", "arguments are valid by the function's schema", .should, complaints: [17],
            needs: [.tools], from: .toolsRequired, why: "required members are missing, enums invented"
        ) { evidence in
            for call in try whole(evidence).toolCalls {
                guard let function = call["function"], let name = function["name"]?.stringValue,
                    let text = function["arguments"]?.stringValue, let arguments = try? JSONValue(parsing: text),
                    let schema = ToolFixtures.parameters(of: name)
                else { throw Finding.nothingToSay("the call cannot be read") }
                let fault = SchemaShape.fault(of: arguments, by: schema)
                try require(fault == nil, fault ?? "")
            }
        },
        Check(
            "tools.finish", "finish_reason is tool_calls", .must, complaints: [23], needs: [.tools],
            from: .toolsRequired,
            why: "agents go by it"
        ) { evidence in
            let reply = try evidence.offeredReply(.toolsRequired)
            try presuppose(!reply.toolCalls.isEmpty, "no call")
            try require(
                reply.finishReason == "tool_calls" || reply.finishReason == "length",
                "finish_reason is \(reply.finishReason ?? "missing")")
        },
        Check(
            "tools.content", "beside a call, content is null or text without markup", .must, complaints: [18, 19],
            needs: [.tools], from: .toolsRequired, .toolsAuto, why: "users would read <tool_call>"
        ) { evidence in
            for scenario in [Scenario.toolsRequired, .toolsAuto] {
                let content = try evidence.offeredReply(scenario).message?["content"]
                try require(
                    content.map { $0.isNull || $0.stringValue != nil } ?? true, "content is \(content?.kind ?? "")")
                try requireNoCalls(in: content?.stringValue ?? "")
            }
        },
        Check(
            "tools.unthinking", "no markup of calls in a stream without thinking", .must, complaints: [18],
            needs: [.tools],
            from: .toolsUnthinking, why: "stream parsers start in the wrong state"
        ) { evidence in
            try evidence.offered(.toolsUnthinking)
            let content = try evidence.stream(.toolsUnthinking).content
            try requireNoCalls(in: content)
        },
        Check(
            "tools.single", "parallel_tool_calls false: one call at most", .should, needs: [.tools], from: .toolsSingle,
            why: "applications that do one thing at a time"
        ) { evidence in
            let count = try evidence.offeredReply(.toolsSingle).toolCalls.count
            try require(count <= 1, "\(count) calls")
        },
    ]

    /// A model of random weights may write either tag by itself.
    static func requireNoCalls(in content: String) throws {
        let hasCall = content.contains("<tool_call>") && content.contains("</tool_call>")
        try require(!hasCall, "<tool_call> in the content")
    }

    private static func requiredCalls(_ evidence: Evidence) throws -> [JSONValue] {
        let calls = try evidence.offeredReply(.toolsRequired).toolCalls
        try presuppose(!calls.isEmpty, "no call")
        return calls
    }

    private static func calls(_ evidence: Evidence) throws -> [JSONValue] {
        let calls = try evidence.offeredReply(.toolsRequired).toolCalls + evidence.reply(.toolsSeveral).toolCalls
        try presuppose(!calls.isEmpty, "no call")
        return calls
    }

    /// The reply with a required call, unless it was cut.
    private static func whole(_ evidence: Evidence) throws -> ChatReply {
        let reply = try evidence.offeredReply(.toolsRequired)
        try presuppose(!reply.toolCalls.isEmpty, "no call")
        try presuppose(reply.finishReason != "length", "the reply was cut by max_tokens")
        return reply
    }
}
