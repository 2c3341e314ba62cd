import Serving
import ServingTestSupport
import Testing
import Tokens

@Suite struct CompletionStreamTests {
    private func request(_ prompts: [CompletionPrompt], _ change: (inout CompletionRequest) -> Void = { _ in })
        -> CompletionRequest
    {
        var request = CompletionRequest(prompts: prompts)
        request.options.maximumTokens = 16
        change(&request)
        return request
    }

    @Test func textAndTokensGiveTheSameCompletion() async throws {
        let model = try TestModel()
        model.prepare(" upon a time", forText: "Once")
        let ids = model.tokens("Once").map(\.index)
        let text = try await CompletionResult(of: model.service.complete(request([.text("Once")])))
        let tokens = try await CompletionResult(of: model.service.complete(request([.tokens(ids)])))
        #expect(text.choices.map(\.text) == [" upon a time"])
        #expect(tokens.choices.map(\.text) == [" upon a time"])
        #expect(text.choices[0].finishReason == .stop)
    }

    @Test func everyPromptHasItsChoicesNumberedThrough() async throws {
        let model = try TestModel()
        model.prepare(" one", forText: "A")
        model.prepare(" two", forText: "B")
        let request = request([.text("A"), .text("B")]) { $0.options.choiceCount = 2 }
        let result = try await CompletionResult(of: model.service.complete(request))
        #expect(result.choices.map(\.text) == [" one", " one", " two", " two"])
        #expect(result.usage.promptTokens == model.tokens("A").count + model.tokens("B").count)
    }

    @Test func tagsAreTextAndStopStringsListenToAllOfIt() async throws {
        let model = try TestModel()
        model.prepare("<think>so END</think>", forText: "A")
        let request = request([.text("A")]) { $0.options.stopStrings = ["END"] }
        let result = try await CompletionResult(of: model.service.complete(request))
        #expect(result.choices[0].text == "<think>so ")
        #expect(result.choices[0].finishReason == .stopString("END"))
        #expect(result.usage.reasoningTokens == 0)
    }

    @Test func anEchoBeginsWithThePromptAndItsLogProbabilities() async throws {
        let model = try TestModel()
        let prompt = "Once upon 日本"
        model.prepare(" a time", forText: prompt)
        let request = request([.text(prompt)]) {
            $0.echoesPrompt = true
            $0.options.logProbabilityCount = 2
        }
        let choice = try await CompletionResult(of: model.service.complete(request)).choices[0]
        #expect(choice.text == prompt + " a time")
        #expect(choice.tokens.map(\.id) == model.tokens(prompt) + model.tokens(" a time"))
        #expect(choice.tokens[0].logProbability == nil)
        #expect(choice.tokens.dropFirst().allSatisfy { $0.logProbability != nil && $0.alternatives.count == 2 })
        let scalars = Array(choice.text.unicodeScalars)
        for token in choice.tokens {
            let bytes = model.served.piece(token.id).bytes
            guard let text = String(validating: bytes, as: UTF8.self) else { continue }
            let found = scalars[token.textOffset..<token.textOffset + text.unicodeScalars.count]
            #expect(Array(found) == Array(text.unicodeScalars))
        }
    }

    @Test func anEchoWithoutNewTokensIsThePromptAlone() async throws {
        let model = try TestModel()
        let request = request([.text("Once upon")]) {
            $0.echoesPrompt = true
            $0.options.maximumTokens = 0
            $0.options.logProbabilityCount = 0
        }
        let result = try await CompletionResult(of: model.service.complete(request))
        #expect(result.choices[0].text == "Once upon")
        #expect(result.choices[0].tokens.map(\.id) == model.tokens("Once upon"))
        #expect(result.choices[0].finishReason == .length)
        #expect(result.usage.completionTokens == 0)
    }

    @Test func aScoredPromptIsFollowedByExactlyOneTokenBeItAnEnd() async throws {
        let model = try TestModel()
        let request = request([.text("Once upon")]) {
            $0.echoesPrompt = true
            $0.options.maximumTokens = 1
            $0.options.logProbabilityCount = 0
        }
        let choice = try await CompletionResult(of: model.service.complete(request)).choices[0]
        #expect(choice.tokens.count == model.tokens("Once upon").count + 1)
        #expect(choice.text == "Once upon")
    }

    @Test func aModelWithoutATemplateCompletesButDoesNotChat() async throws {
        var options = TestModel.Options()
        options.template = nil
        let model = try TestModel(options)
        model.prepare(" two", forText: "one")
        let result = try await CompletionResult(of: model.service.complete(request([.text("one")])))
        #expect(result.choices[0].text == " two")
        #expect(throws: ServingError.chatTemplateMissing(model: "test-model")) {
            _ = try model.service.chat(ChatRequest(messages: []))
        }
    }

    @Test func anEmptyPromptIsRefused() throws {
        let model = try TestModel()
        for prompt in [CompletionPrompt.text(""), .tokens([])] {
            #expect(throws: ServingError.self) { _ = try model.service.complete(request([prompt])) }
        }
    }

    @Test(arguments: [-1, 1984, 1920, Int.max, Int.min])
    func idsOutsideTheVocabularyAreRefused(id: Int) throws {
        let model = try TestModel()
        #expect(throws: ServingError.self) { _ = try model.service.complete(request([.tokens([1, id])])) }
    }
}
