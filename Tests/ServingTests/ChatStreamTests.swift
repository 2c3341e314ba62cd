import Chat
import Engine
import Sampling
import Serving
import ServingTestSupport
import TestSupport
import Testing
import Tokens

@Suite struct ChatStreamTests {
    private func request(_ text: String = "Hi", _ change: (inout ChatRequest) -> Void = { _ in }) -> ChatRequest {
        var request = ChatRequest(messages: [ChatMessage(role: .user, content: text)])
        change(&request)
        return request
    }

    @Test func aReplyIsReasoningThenContent() async throws {
        let model = try TestModel()
        let request = request()
        try model.prepare("<think>\nhm, so\n</think>\n\nHello there.", for: request)
        let result = try await ChatResult(of: model.service.chat(request))
        #expect(result.choices.count == 1)
        #expect(result.choices[0].reasoning == "hm, so")
        #expect(result.choices[0].content == "Hello there.")
        #expect(result.choices[0].finishReason == .stop)
    }

    @Test func reasoningTokensAreCountedByTheTokenTagsIncluded() async throws {
        let model = try TestModel()
        let request = request()
        let reasoning = model.tokens("<think>\nhm, so\n</think>")
        let content = model.tokens("\n\nHello there.")
        try model.prepare(reasoning + content, for: request)
        let usage = try await ChatResult(of: model.service.chat(request)).usage
        #expect(usage.reasoningTokens == reasoning.count)
        #expect(usage.completionTokens == reasoning.count + content.count + 1)
        #expect(usage.promptTokens == (try model.service.prompt(for: request)).ids.count)
        #expect(usage.totalTokens == usage.promptTokens + usage.completionTokens)
    }

    @Test func anEmptyThinkBlockLeavesNoTrace() async throws {
        let model = try TestModel()
        let request = request("Hi /no_think")
        try model.prepare("<think>\n\n</think>\n\nHello.", for: request)
        let choice = try await ChatResult(of: model.service.chat(request)).choices[0]
        #expect(choice.reasoning == nil)
        #expect(choice.content == "Hello.")
    }

    @Test func withThinkingSwitchedOffThePromptHoldsTheEmptyBlockAndAllIsContent() async throws {
        let model = try TestModel()
        let request = request { $0.thinking = false }
        try model.prepare("Hello.", for: request)
        #expect(try model.service.prompt(for: request).text.hasSuffix("<think>\n\n</think>\n\n"))
        let result = try await ChatResult(of: model.service.chat(request))
        #expect(result.choices[0].content == "Hello.")
        #expect(result.choices[0].reasoning == nil)
        #expect(result.usage.reasoningTokens == 0)
    }

    @Test func aSecondRequestFindsItsPrefixInTheCache() async throws {
        let model = try TestModel()
        let request = request(String(repeating: "one two three ", count: 20))
        try model.prepare("Hello.", for: request)
        let first = try await ChatResult(of: model.service.chat(request)).usage
        let second = try await ChatResult(of: model.service.chat(request)).usage
        #expect(first.cachedTokens == 0)
        #expect(second.cachedTokens > 0)
        #expect(second.cachedTokens < second.promptTokens)
    }

    @Test func theTokenLimitEndsAReplyWithLength() async throws {
        let model = try TestModel()
        var request = request { $0.options.maximumTokens = 3 }
        request.minimumAnswerTokens = 0
        try model.prepare("<think>\nhm, so\n</think>\n\nHello there.", for: request)
        let result = try await ChatResult(of: model.service.chat(request))
        #expect(result.choices[0].finishReason == .length)
        #expect(result.usage.completionTokens == 3)
        #expect(result.choices[0].content.isEmpty)
    }

    @Test func withoutALimitTheRestOfTheContextMayBeUsed() async throws {
        let dot = try TestModel().tokens(".")[0]
        var options = TestModel.Options()
        options.contextLength = 64
        options.improvise = { _ in dot }
        let model = try TestModel(options)
        let result = try await ChatResult(of: model.service.chat(request()))
        #expect(result.usage.totalTokens == 64)
        #expect(result.choices[0].finishReason == .length)
    }

    @Test func stopStringsActOnContentOnly() async throws {
        let model = try TestModel()
        let request = request { $0.options.stopStrings = ["STOP"] }
        try model.prepare("<think>\nSTOP it\n</think>\n\nGo STOP on", for: request)
        let choice = try await ChatResult(of: model.service.chat(request)).choices[0]
        #expect(choice.reasoning == "STOP it")
        #expect(choice.content == "Go ")
        #expect(choice.finishReason == .stop)
    }

    @Test func aStopStringStaysIfAskedFor() async throws {
        let model = try TestModel()
        let request = request {
            $0.options.stopStrings = ["STOP"]
            $0.options.includesStopText = true
        }
        try model.prepare("Go STOP on", for: request)
        #expect(try await ChatResult(of: model.service.chat(request)).choices[0].content == "Go STOP")
    }

    @Test func logProbabilitiesAreThoseOfTheContentsTokens() async throws {
        let model = try TestModel()
        let request = request { $0.options.logProbabilityCount = 2 }
        let content = model.tokens("Hello there, 日本.")
        try model.prepare(model.tokens("<think>\nhm\n</think>\n\n") + content, for: request)
        let choice = try await ChatResult(of: model.service.chat(request)).choices[0]
        #expect(choice.tokens.map(\.token.id) == content)
        let bytes = choice.tokens.flatMap { model.served.piece($0.token.id).bytes }
        #expect(String(decoding: bytes, as: UTF8.self) == choice.content)
        #expect(choice.tokens.allSatisfy { $0.token.alternatives.count == 2 && $0.token.logProbability != nil })
    }

    @Test func tokensOfAStopStringHaveNoLogProbabilities() async throws {
        let model = try TestModel()
        let request = request {
            $0.options.logProbabilityCount = 0
            $0.options.stopStrings = ["\n\nEND"]
        }
        try model.prepare("<think>\n\n</think>\n\nAll of it\n\nEND and more", for: request)
        let choice = try await ChatResult(of: model.service.chat(request)).choices[0]
        #expect(choice.content == "All of it")
        #expect(choice.tokens.map(\.token.id) == model.tokens("All of it"))
    }

    @Test func choicesAreNumberedAndShareThePrompt() async throws {
        let model = try TestModel()
        let request = request(String(repeating: "one two three ", count: 20)) { $0.options.choiceCount = 3 }
        try model.prepare("Hello.", for: request)
        let result = try await ChatResult(of: model.service.chat(request))
        #expect(result.choices.map(\.content) == ["Hello.", "Hello.", "Hello."])
        #expect(result.usage.promptTokens == (try model.service.prompt(for: request)).ids.count)
        #expect(result.usage.completionTokens == 3 * (model.tokens("Hello.").count + 1))
    }

    @Test func toolCallsComeApartFromContent() async throws {
        let model = try TestModel()
        let request = request { $0.tools = [Self.weather] }
        try model.prepare(
            "Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>",
            for: request)
        let choice = try await ChatResult(of: model.service.chat(request)).choices[0]
        #expect(choice.content == "Let me see.")
        #expect(choice.toolCalls.map(\.name) == ["weather"])
        #expect(choice.toolCalls.map(\.arguments) == ["{\"city\": \"Paris\"}"])
        #expect(choice.toolCalls.allSatisfy { $0.id.hasPrefix("call_") })
        #expect(choice.finishReason == .toolCalls)
    }

    @Test func withoutToolsInTheRequestACallIsText() async throws {
        let model = try TestModel()
        let request = request()
        let text = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {}}\n</tool_call>"
        try model.prepare(text, for: request)
        let choice = try await ChatResult(of: model.service.chat(request)).choices[0]
        #expect(choice.content == text)
        #expect(choice.toolCalls.isEmpty)
    }

    @Test func whereToolsAreForbiddenTheModelCannotBeginACall() async throws {
        let model = try TestModel()
        let request = request {
            $0.tools = [Self.weather]
            $0.toolUse = .forbidden
        }
        try model.prepare("<tool_call>\n{}\n</tool_call>", for: request)
        #expect(try model.service.prompt(for: request).text.contains("weather"))
        let choice = try await ChatResult(of: model.service.chat(request)).choices[0]
        #expect(!choice.content.contains("<tool_call>"))
        #expect(choice.toolCalls.isEmpty)
    }

    @Test func withoutParallelCallsTheReplyEndsAfterTheFirst() async throws {
        let model = try TestModel()
        let request = request {
            $0.tools = [Self.weather]
            $0.allowsParallelToolCalls = false
        }
        let call = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"n\": 1}}\n</tool_call>"
        try model.prepare(call + "\n" + call + "\n" + call, for: request)
        let choice = try await ChatResult(of: model.service.chat(request)).choices[0]
        #expect(choice.toolCalls.count == 1)
        #expect(choice.toolCalls.first?.arguments == "{\"n\": 1}")
        #expect(choice.finishReason == .toolCalls)
    }

    @Test func theFinalMessageIsContinued() async throws {
        let model = try TestModel()
        var request = request { $0.thinking = false }
        request.messages.append(ChatMessage(role: .assistant, content: "The answer"))
        request.continuesFinalMessage = true
        #expect(try model.service.prompt(for: request).text.hasSuffix("The answer"))
        try model.prepare(" is 4.", for: request)
        #expect(try await ChatResult(of: model.service.chat(request)).choices[0].content == " is 4.")
    }

    @Test func droppingAStreamCancelsItsGeneration() async throws {
        let model = try TestModel(.droning(try TestModel().tokens(".")[0], contextLength: 4096))
        do {
            _ = try model.service.chat(request())
        }
        try await Waiting.whileTrue { model.served.engine.statistics.cancelledCount == 0 }
        #expect(model.served.engine.statistics.runningCount == 0)
    }

    @Test func theSameSeedGivesTheSameReply() async throws {
        var options = TestModel.Options()
        options.improvise = nil
        let model = try TestModel(options)
        let request = request {
            $0.options.seed = 7
            $0.options.temperature = 2
            $0.options.topP = 1
            $0.options.topK = 0
            $0.options.minP = 0
            $0.options.choiceCount = 2
            $0.options.maximumTokens = 12
            $0.options.logitBias = [model.tokens(".")[0].index: 0]
        }
        let first = try await ChatResult(of: model.service.chat(request)).choices
        let second = try await ChatResult(of: model.service.chat(request)).choices
        #expect(first.map(\.content) == second.map(\.content))
    }

    private static let weather = ToolDefinition(
        json: ["type": "function", "function": ["name": "weather", "parameters": ["type": "object"]]])
}
