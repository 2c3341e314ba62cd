import Chat
import Models
import Serving
import ServingTestSupport
import Testing

/// Which context window a request gets, by its prompt, by what it asks for, and by `rope_factor`.
@Suite struct ReplyRoomTests {
    /// Without YaRN 200 tokens, of which 40 are kept for a reply; with it 400, and 800.
    private func model() throws -> TestModel {
        var options = TestModel.Options()
        options.contextLength = 800
        options.windows = [
            ContextWindow(factor: 1, length: 200), ContextWindow(factor: 2, length: 400),
            ContextWindow(factor: 4, length: 800),
        ]
        return try TestModel(options)
    }

    private func complete(
        _ model: TestModel, prompt: Int, maximum: Int?, factor: Double? = nil
    ) throws -> (factor: Double, warnings: [ServingWarning]) {
        var request = CompletionRequest(prompts: [.tokens(Array(repeating: 5, count: prompt))])
        request.options.maximumTokens = maximum
        request.options.ropeFactor = factor
        request.echoesPrompt = maximum == 0
        let stream = try model.service.complete(request)
        return (stream.yarnFactor, stream.warnings)
    }

    @Test(
        arguments: [
            (100, 100, 1.0), (100, 101, 2), (199, 1, 1), (100, 300, 2), (100, 301, 4), (100, 9_999, 4), (200, 0, 1),
            (201, 0, 2), (10, nil, 1), (160, nil, 1), (161, nil, 2), (360, nil, 2), (361, nil, 4), (799, nil, 4),
            (10, Int.max, 4),
        ] as [(Int, Int?, Double)])
    func theSmallestFactorThatHoldsPromptAndReplyIsTaken(prompt: Int, maximum: Int?, factor: Double) throws {
        #expect(try complete(model(), prompt: prompt, maximum: maximum).factor == factor)
    }

    @Test func aPinnedFactorIsTakenWhateverTheLength() throws {
        let model = try model()
        for factor in [1.0, 2, 4] {
            #expect(try complete(model, prompt: 10, maximum: 5, factor: factor).factor == factor)
        }
        let cut = try complete(model, prompt: 100, maximum: 300, factor: 1)
        #expect(cut.factor == 1)
        #expect(cut.warnings.map(\.field) == [.maximumTokens])
        #expect(cut.warnings.first?.message.contains("the context of 200 leaves 100") == true)
    }

    @Test func aPromptBeyondThePinnedFactorIsRefusedWithTheNumbers() throws {
        let expected = ServingError.contextLengthExceeded(promptTokenCount: 250, limit: 200, ropeFactor: 1)
        #expect(throws: expected) { try complete(model(), prompt: 250, maximum: 5, factor: 1) }
        #expect(expected.description.contains("with 'rope_factor' 1 is 200 tokens"))
    }

    @Test func aFactorThatTheModelHasNotIsRefusedWithThoseThatItHas() throws {
        for (model, factor, expected) in [
            (try model(), 3.0, "'rope_factor' must be one of 1, 2 and 4, not 3."),
            (try TestModel(), 2, "'rope_factor' must be 1, not 2."),
        ] {
            #expect(throws: ServingError.invalidValue(field: .ropeFactor, message: expected)) {
                try complete(model, prompt: 10, maximum: 5, factor: factor)
            }
        }
        #expect(try complete(TestModel(), prompt: 10, maximum: 5, factor: 1).factor == 1)
    }

    @Test func aChatKnowsItsFactorBeforeItBegins() throws {
        let model = try model()
        var request = ChatRequest(messages: [ChatMessage(role: .user, content: "Hi")])
        #expect(try model.service.preview(request).settings.yarnFactor == 1)
        request.options.maximumTokens = 500
        #expect(try model.service.preview(request).settings.yarnFactor == 4)
        request.options.ropeFactor = 2
        let settings = try model.service.preview(request).settings
        #expect(settings.yarnFactor == 2)
        #expect(settings.maximumTokens < 400)
    }
}
