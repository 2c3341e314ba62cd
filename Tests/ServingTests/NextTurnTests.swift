import Chat
import Engine
import JSON
import ServingTestSupport
import Testing
import Tokens

@testable import Serving

/// Conversations whose next turn the engine has computed by the time it comes.
@Suite struct NextTurnTests {
    private static let blockLength = 32

    private func model(_ prefillAhead: PrefillAhead? = PrefillAhead(delay: .zero)) throws -> TestModel {
        var options = TestModel.Options()
        options.contextLength = 4096
        options.prefillAhead = prefillAhead
        options.reasoningMemory = ReasoningMemory(byteLimit: 1 << 20, lifetime: .seconds(3600))
        return try TestModel(options)
    }

    private func user(_ text: String) -> ChatMessage { ChatMessage(role: .user, content: text) }

    private func words(_ count: Int, _ word: String) -> String {
        (0..<count).map { "\(word) \($0)" }.joined(separator: ", ") + "."
    }

    /// What stands before the words of a message that comes next.
    private func history(_ request: ChatRequest, _ next: ChatMessage.Role, _ model: TestModel) throws -> [TokenID] {
        let ids = try ["first", "other"].map { text in
            var request = request
            request.messages.append(ChatMessage(role: next, content: text))
            return try model.service.prompt(for: request).ids
        }
        return zip(ids[0], ids[1]).prefix { $0 == $1 }.map(\.0)
    }

    private func wait(_ model: TestModel, for count: Int) async {
        while model.served.engine.statistics.aheadTokenCount < count {
            await Task.yield()
        }
    }

    /// Answers a request, and waits until the next turn is computed as far as it is known.
    ///
    /// - Returns: the request with the reply as a client sends it back, what the reply used, and how many tokens were computed.
    private func turn(
        _ request: ChatRequest, _ reply: [TokenID], _ model: TestModel, next: ChatMessage.Role = .user
    ) async throws -> (request: ChatRequest, usage: TokenUsage, computedCount: Int) {
        try model.prepare(reply, for: request)
        let before = model.served.engine.statistics.aheadTokenCount
        let sequence = try model.service.prompt(for: request).ids + reply
        let result = try await ChatResult(of: try model.service.chat(request))
        let choice = try #require(result.choices.first)
        var request = request
        request.messages.append(
            ChatMessage(role: .assistant, content: choice.content, toolCalls: choice.toolCalls))
        let history = try history(request, next, model)
        let common = zip(history, sequence).prefix { $0 == $1 }.count
        func blocks(_ count: Int) -> Int { count / Self.blockLength * Self.blockLength }
        // The last token is left open.
        let expected = blocks(history.count - 1) - blocks(common)
        await wait(model, for: before + expected)
        #expect(model.served.engine.statistics.aheadTokenCount == before + expected)
        return (request, result.usage, expected)
    }

    @Test(arguments: [true, false])
    func `each turn finds all but its own words in the cache`(thinks: Bool) async throws {
        let model = try model()
        var request = ChatRequest(messages: [user(words(20, "Tell me of"))], thinking: thinks)
        var computedCount = 0
        for number in 1...10 {
            let thought = thinks ? "<think>\n\(words(40, "thought"))\n</think>\n\n" : ""
            let question = try #require(request.messages.last?.content)
            let (next, usage, computed) = try await turn(
                request, model.tokens(thought + words(30, "answer \(number)")), model)
            if number > 1 {
                let own = model.tokens(question).count + 16
                #expect(usage.cachedTokens > usage.promptTokens - own - Self.blockLength)
            }
            request = next
            request.messages.append(user(words(3, "And \(number)")))
            computedCount += computed
        }
        #expect(computedCount > 0)
        let statistics = model.served.engine.statistics
        // Nobody has asked for what follows the last reply.
        #expect(statistics.aheadHitTokenCount >= statistics.aheadTokenCount / 2)
        #expect(statistics.aheadHitTokenCount < statistics.aheadTokenCount)
    }

    @Test func `without it a thinking turn is computed again`() async throws {
        let model = try model(nil)
        var request = ChatRequest(messages: [user(words(20, "Tell me of"))])
        let reply = model.tokens("<think>\n\(words(40, "thought"))\n</think>\n\n\(words(30, "answer"))")
        try model.prepare(reply, for: request)
        let first = try await ChatResult(of: try model.service.chat(request))
        request.messages += [ChatMessage(role: .assistant, content: first.choices[0].content), user("And then?")]
        let usage = try await ChatResult(of: try model.service.chat(request)).usage
        #expect(usage.cachedTokens <= first.usage.promptTokens)
        #expect(model.served.engine.statistics.aheadTokenCount == 0)
    }

    @Test func `a step behind a call finds the call in the cache, though its client drops the reasoning`() async throws
    {
        let model = try model()
        var request = ChatRequest(
            messages: [user(words(20, "Add"))],
            tools: [ToolDefinition(json: ["type": "function", "function": ["name": "add", "parameters": [:]]])])
        // Spelt as the template will not spell it.
        let call = "<tool_call>\n{ \"name\" : \"add\", \"arguments\":{\"a\":1} }\n</tool_call>"
        let reply = model.tokens("<think>\n\(words(40, "thought"))\n</think>\n\n" + call)
        let (next, _, _) = try await turn(request, reply, model, next: .tool)
        #expect(next.messages.last?.reasoning == nil)
        request = next
        request.messages.append(
            ChatMessage(role: .tool, content: "2", toolCallID: next.messages.last?.toolCalls.first?.id))
        let result = try await ChatResult(of: try model.service.chat(request))
        #expect(result.usage.restoredReasoningCount == 1)
        #expect(result.usage.cachedTokens > result.usage.promptTokens - 24 - Self.blockLength)
    }

    @Test func `a reply in other tokens than its text encodes to is found as its text is encoded`() async throws {
        let model = try model()
        var request = ChatRequest(messages: [user(words(20, "Spell"))], thinking: false)
        let text = words(60, "letter")
        let spelt = text.map { model.tokens(String($0)) }.flatMap(\.self)
        #expect(spelt != model.tokens(text))
        let (next, first, _) = try await turn(request, spelt, model)
        #expect(first.completionTokens > 200)
        request = next
        request.messages.append(user("Go on."))
        let usage = try await ChatResult(of: try model.service.chat(request)).usage
        #expect(usage.cachedTokens > usage.promptTokens - 24 - Self.blockLength)
    }

    @Test func `nothing is computed where all goes on from what is cached, or where nothing may be`() async throws {
        let model = try model()
        let changes: [(inout ChatRequest) -> Void] = [
            { $0.keepsEarlierReasoning = true }, { $0.options.usesPrefixCache = false }, { $0.options.choiceCount = 2 },
        ]
        for change in changes {
            var request = ChatRequest(messages: [user(words(20, "Tell me of"))])
            change(&request)
            try model.prepare(model.tokens("<think>\nhm\n</think>\n\n\(words(30, "answer"))"), for: request)
            _ = try await ChatResult(of: try model.service.chat(request))
        }
        // A request that is followed by work ahead tells that the others were not.
        let request = ChatRequest(messages: [user(words(20, "Say"))])
        let reply = model.tokens("<think>\nhm\n</think>\n\n\(words(30, "answer"))")
        let (_, _, computed) = try await turn(request, reply, model)
        #expect(model.served.engine.statistics.aheadTokenCount == computed)
    }
}
