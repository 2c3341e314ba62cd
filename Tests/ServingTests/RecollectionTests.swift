import Chat
import JSON
import ServingTestSupport
import Testing

@testable import Serving

/// A client that drops reasoning between the steps of a tool call gets the prompt of one that keeps it.
@Suite struct RecollectionTests {
    private static let call =
        "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1, \"b\": [2, 3.5]}}\n</tool_call>"
    private static let reply = "<think>\nFirst I add.\n</think>\n\nLet me see.\n" + call
    private let clock = TestClock()

    private func model(_ memory: ReasoningMemory? = nil) throws -> TestModel {
        var options = TestModel.Options()
        options.reasoningMemory =
            memory ?? ReasoningMemory(byteLimit: 1 << 20, lifetime: .seconds(60)) { [clock] in clock.now }
        return try TestModel(options)
    }

    private func question(_ text: String = "What is it?") -> ChatRequest {
        var request = ChatRequest(
            messages: [ChatMessage(role: .user, content: text)], tools: [ToolDefinition(json: Self.tool)])
        request.options.seed = 1
        return request
    }

    private static let tool: JSONValue = [
        "type": "function", "function": ["name": "add", "parameters": ["type": "object", "properties": [:]]],
    ]

    /// Asks, and answers the message that the client was sent.
    private func ask(_ request: ChatRequest, of model: TestModel, reply: String = reply) async throws -> ChatMessage {
        try model.prepare(reply, for: request)
        let result = try await ChatResult(of: try model.service.chat(request))
        let choice = try #require(result.choices.first)
        return ChatMessage(
            role: .assistant, content: choice.content, reasoning: choice.reasoning, toolCalls: choice.toolCalls)
    }

    /// The request for the next step: with what the assistant said, and the tool's result.
    private func next(_ request: ChatRequest, _ said: ChatMessage) -> ChatRequest {
        var request = request
        request.messages += [said, ChatMessage(role: .tool, content: "6.5", toolCallID: said.toolCalls.first?.id)]
        return request
    }

    private func dropping(_ message: ChatMessage) -> ChatMessage {
        var message = message
        message.reasoning = nil
        return message
    }

    @Test func `dropped reasoning is put back: the prompt is that of a client that keeps it`() async throws {
        let model = try model()
        let request = question()
        let said = try await ask(request, of: model)
        #expect(said.reasoning == "First I add.")
        let kept = try model.service.preview(next(request, said))
        let dropped = try model.service.preview(next(request, dropping(said)))
        #expect(kept.prompt == dropped.prompt)
        #expect(kept.settings.restoredReasoningCount == 0)
        #expect(dropped.settings.restoredReasoningCount == 1)
        #expect(try model.service.prompt(for: next(request, dropping(said))) == kept.prompt)
    }

    @Test func `each of several steps gets its own back, and the reply says how many`() async throws {
        let model = try model()
        var (kept, dropped) = (question(), question())
        for step in 1...3 {
            let said = try await ask(
                dropped, of: model, reply: "<think>\nStep \(step).\n</think>\n\n" + Self.call)
            kept = next(kept, said)
            dropped = next(dropped, dropping(said))
            #expect(try model.service.prompt(for: dropped).ids == model.service.prompt(for: kept).ids)
        }
        let stream = try model.service.chat(dropped)
        #expect(stream.restoredReasoningCount == 3)
        #expect(try await ChatResult(of: stream).usage.restoredReasoningCount == 3)
        #expect(model.served.incidents.values[.restoredReasoning] == 1 + 2 + 3)
    }

    @Test func `spelling makes no difference, content does`() async throws {
        let model = try model()
        let request = question()
        let said = dropping(try await ask(request, of: model))
        var respelt = said
        respelt.content = "\n" + (said.content ?? "") + " "
        respelt.toolCalls[0].arguments = "{\"b\":[2.0,3.50],\"a\":1}"
        #expect(try restored(next(request, respelt), model) == 1)
        respelt.toolCalls[0].id = ""
        #expect(try restored(next(request, respelt), model) == 1, "without ids, by what stood before it")
        respelt.toolCalls[0].arguments = "{\"b\":[2.0,3.50],\"a\":2}"
        #expect(try restored(next(request, respelt), model) == 0)
        var other = said
        other.content = "Let me think."
        #expect(try restored(next(request, other), model) == 0)
    }

    @Test func `with ids what stood before may be another; without them it may not`() async throws {
        let model = try model()
        let request = question()
        var said = dropping(try await ask(request, of: model))
        #expect(try restored(next(question("What is it, please?"), said), model) == 1)
        said.toolCalls[0].id = ""
        #expect(try restored(next(question("What is it, please?"), said), model) == 0)
        #expect(try restored(next(request, said), model) == 1)
    }

    @Test func `what a client says of its reasoning holds`() async throws {
        let model = try model()
        let request = question()
        var said = try await ask(request, of: model)
        said.reasoning = "Another."
        #expect(try restored(next(request, said), model) == 0)
        #expect(try model.service.prompt(for: next(request, said)).text.contains("Another."))
        said.reasoning = ""
        #expect(try restored(next(request, said), model) == 0)
        #expect(try !model.service.prompt(for: next(request, said)).text.contains("First I add."))
    }

    @Test func `before the last question nothing is put back, unless earlier reasoning is kept`() async throws {
        let model = try model()
        var request = question()
        request.keepsEarlierReasoning = true
        let said = dropping(try await ask(request, of: model))
        var later = next(request, said)
        later.messages.append(ChatMessage(role: .user, content: "And now?"))
        #expect(try restored(later, model) == 1)
        later.keepsEarlierReasoning = false
        #expect(try restored(later, model) == 0)
        #expect(try !model.service.prompt(for: later).text.contains("First I add."))
        later.messages[3] = ChatMessage(role: .user, content: "<tool_response>\n7\n</tool_response>")
        #expect(try restored(later, model) == 1, "a result in the user's words is no question")
    }

    @Test func `keys and salts do not share what is remembered`() async throws {
        let model = try model()
        var request = question()
        request.owner = [1]
        request.options.cacheSalt = "a"
        let said = dropping(try await ask(request, of: model))
        var later = next(request, said)
        #expect(try restored(later, model) == 1)
        for owner in [[2], [], nil] as [[UInt8]?] {
            later.owner = owner
            #expect(try restored(later, model) == 0)
        }
        later.owner = [1]
        later.options.cacheSalt = nil
        #expect(try restored(later, model) == 0)
    }

    @Test func `a request that wants none of it gets none and leaves none`() async throws {
        let memory = ReasoningMemory(byteLimit: 1 << 20, lifetime: .seconds(60))
        let model = try model(memory)
        var request = question()
        request.restoresReasoning = false
        let said = dropping(try await ask(request, of: model))
        #expect(memory.byteCount == 0)
        request.restoresReasoning = nil
        let again = dropping(try await ask(request, of: model))
        #expect(memory.byteCount > 0)
        #expect(try restored(next(request, again), model) == 1)
        request.restoresReasoning = false
        #expect(try restored(next(request, again), model) == 0)
        #expect(try restored(next(request, said), model) == 0)
    }

    @Test func `a server that remembers nothing says so to who asks for it`() throws {
        let model = try TestModel()
        var request = question()
        #expect(try model.service.preview(request).warnings.isEmpty)
        request.restoresReasoning = true
        #expect(try model.service.preview(request).warnings.map(\.field) == [.restoresReasoning])
    }

    @Test func `what is out of use for too long is forgotten`() async throws {
        let model = try model()
        let request = question()
        let said = dropping(try await ask(request, of: model))
        clock.pass(.seconds(59))
        #expect(try restored(next(request, said), model) == 1)
        clock.pass(.seconds(61))
        #expect(try restored(next(request, said), model) == 0)
    }

    @Test func `reasoning that was never shown is put back too`() async throws {
        let model = try model()
        var request = question()
        request.reasoningDelivery = .omitted
        let said = try await ask(request, of: model)
        #expect(said.reasoning == nil)
        #expect(try model.service.prompt(for: next(request, said)).text.contains("First I add."))
    }

    @Test func `a reply that was cut gets its reasoning back when it is gone on with`() async throws {
        let model = try model()
        var request = ChatRequest(messages: [ChatMessage(role: .user, content: "Tell me more.")])
        request.options.maximumTokens = 14
        request.minimumAnswerTokens = 0
        let said = try await ask(request, of: model, reply: "<think>\nA tale.\n</think>\n\nOnce upon a time there was")
        #expect(said.reasoning == "A tale.")
        request.messages.append(dropping(said))
        request.continuesFinalMessage = true
        #expect(try restored(request, model) == 1)
        #expect(try model.service.prompt(for: request).text.hasSuffix("A tale.\n</think>\n\n" + (said.content ?? "?")))
    }

    private func restored(_ request: ChatRequest, _ model: TestModel) throws -> Int {
        try model.service.preview(request).settings.restoredReasoningCount
    }
}
