import Engine
import Foundation
import Models
import Serving
import ServingTestSupport
import TestSupport
import Testing
import Tokens

@Suite struct EmbeddingTests {
    private func service(_ model: ServedModel) -> InferenceService {
        let registry = ModelRegistry()
        registry.add(model)
        return InferenceService(registry: registry)
    }

    private func startup(_ checkpoint: TemporaryCheckpoint) throws -> InferenceService {
        service(try ModelStartup.load(path: checkpoint.path))
    }

    /// A scripted model that embeds.
    private func scripted(_ options: TestModel.Options = TestModel.Options()) throws -> TestModel {
        var options = options
        options.abilities = ModelAbilities(embedding: EmbeddingMethod())
        return try TestModel(options)
    }

    @Test(arguments: ["dense-tied", "moe"]) func embeddingsAreThoseOfTransformers(name: String) async throws {
        let checkpoint = try TemporaryCheckpoint(linking: "models/\(name)/hf")
        try checkpoint.endTexts(with: "<|endoftext|>")
        try checkpoint.poolStates("pooling_mode_lasttoken")
        let service = try startup(checkpoint)
        let reference = try EmbeddingReference().embeddings(name)
        let texts = try await service.embed(EmbeddingRequest(inputs: reference.texts.map { .text($0) }))
        let tokens = try await service.embed(EmbeddingRequest(inputs: reference.tokenIDs.map { .tokens($0) }))
        #expect(texts.embeddings == tokens.embeddings)
        #expect(texts.usage.promptTokens == reference.tokenIDs.map(\.count).reduce(0, +))
        #expect(texts.usage.completionTokens == 0)
        var largest = 0.0
        for (vector, expected) in zip(texts.embeddings, reference.vectors) {
            #expect(vector.count == expected.count)
            for (value, other) in zip(vector, expected) { largest = max(largest, abs(Double(value) - other)) }
        }
        // A cache of halves costs a few units in the fourth digit.
        #expect(largest < 2e-3, "\(largest)")
    }

    @Test func fewerDimensionsAreTheFirstOnesScaledAnew() async throws {
        let model = try scripted()
        let input = [CompletionPrompt.text("A text.")]
        let state = try await model.service.embed(EmbeddingRequest(inputs: input, normalization: .none)).embeddings[0]
        #expect(state == ScriptedModel.state(model.tokens("A text.")))
        for dimensions in 1...8 {
            let request = EmbeddingRequest(inputs: input, dimensions: dimensions)
            let vector = try await model.service.embed(request).embeddings[0]
            #expect(vector.count == dimensions)
            let length = state.prefix(dimensions).reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            #expect(vector == state.prefix(dimensions).map { Float(Double($0) / length) })
        }
        for dimensions in [0, 9, -1] {
            await #expect(throws: ServingError.self) {
                try await model.service.embed(EmbeddingRequest(inputs: input, dimensions: dimensions))
            }
        }
    }

    @Test func manyInputsFindRoomInASmallQueueAndKeepTheirOrder() async throws {
        var options = TestModel.Options()
        options.queueLimit = 3
        options.sequenceLimit = 4
        let model = try scripted(options)
        let prompts = (0..<500).map { number in [1 + number % 7, 2 + number / 7, 3] }
        let result = try await model.service.embed(
            EmbeddingRequest(inputs: prompts.map { .tokens($0) }, normalization: .none))
        #expect(result.embeddings == prompts.map { ScriptedModel.state($0.map { TokenID($0) }) })
        #expect(result.usage.promptTokens == 1500)
    }

    @Test func whatAllInputsBeginWithIsComputedOnce() async throws {
        let model = try scripted()
        let start = (0..<70).map { 5 + $0 }
        let inputs = (0..<4).map { CompletionPrompt.tokens(start + [$0]) }
        let usage = try await model.service.embed(EmbeddingRequest(inputs: inputs)).usage
        #expect(usage.promptTokens == 284)
        #expect(usage.cachedTokens == 3 * 64)
    }

    @Test func anInputBeyondTheContextIsRefusedWithItsPlaceOrCut() async throws {
        var options = TestModel.Options()
        options.contextLength = 64
        options.abilities = ModelAbilities(embedding: EmbeddingMethod(end: [9]))
        let model = try TestModel(options)
        let text = String(repeating: "word ", count: 100)
        let tokens = model.tokens(text)
        let error = ServingError.inputTooLong(field: .input, index: 1, tokenCount: tokens.count + 1, limit: 64)
        await #expect(throws: error) {
            try await model.service.embed(EmbeddingRequest(inputs: [.text("Hi"), .text(text)]))
        }
        let cut = try await model.service.embed(
            EmbeddingRequest(inputs: [.text(text)], normalization: .none, truncates: true))
        #expect(cut.embeddings[0] == ScriptedModel.state(tokens.prefix(63) + [9]))
    }

    @Test func badInputsAreRefusedByName() async throws {
        let model = try scripted()
        let bad: [[CompletionPrompt]] = [
            [], [.text("")], [.tokens([])], [.tokens([-1])], [.tokens([1 << 30])],
            Array(repeating: .text("Hi"), count: 2049),
        ]
        for inputs in bad {
            do {
                _ = try await model.service.embed(EmbeddingRequest(inputs: inputs))
                Issue.record("\(inputs.count) inputs were taken")
            } catch ServingError.invalidValue(let field, let message) {
                #expect(field == .input)
                #expect(message.contains("input"))
            }
        }
    }

    @Test func aModelForChatsGivesEmbeddingsOnlyWhereItIsToldTo() async throws {
        let path = Fixtures.path("models/dense-tied/hf")
        let request = EmbeddingRequest(inputs: [.text("Hi")])
        await #expect {
            try await service(ModelStartup.load(path: path)).embed(request)
        } throws: { error in
            guard case .unsupportedValue(.model, let message)? = error as? ServingError else { return false }
            return message.contains("--embeddings")
        }
        var options = ModelStartupOptions()
        options.embeds = true
        let model = try ModelStartup.load(path: path, options: options)
        #expect(try await service(model).embed(request).embeddings.count == 1)
        #expect(model.abilities.generates)
    }

    @Test func aModelForEmbeddingsDoesNotChat() async throws {
        let checkpoint = try TemporaryCheckpoint(linking: "models/dense-tied/hf", named: "Qwen3-Embedding-0.6B")
        let service = try startup(checkpoint)
        #expect(throws: ServingError.self) { try service.complete(CompletionRequest(prompts: [.text("Hi")])) }
        // Its tokenizer's file does not say so, but such a model was trained with the end of text.
        let model = try service.registry.model(named: nil)
        #expect(model.abilities.embedding?.end == [try #require(model.tokenizer.token("<|endoftext|>"))])
    }

    @Test func otherPoolingIsRefusedAtTheStart() throws {
        let checkpoint = try TemporaryCheckpoint(linking: "models/dense-tied/hf")
        try checkpoint.poolStates("pooling_mode_mean_tokens")
        #expect(throws: ModelStartupError.self) { try startup(checkpoint) }
        var file = try PatchedGGUF("models/dense-tied/gguf/dense-tied-F32.gguf")
        file.add("qwen3.pooling_type", integer: 1)
        let folder = try TemporaryCheckpoint(linking: "models/dense-bias/ref")
        try folder.write(file.bytes, to: "model.gguf")
        #expect(throws: ModelStartupError.self) { try ModelStartup.load(path: "\(folder.path)/model.gguf") }
    }

    @Test func aFileOfTheConverterSaysThatItEmbedsAndHowTextsEnd() async throws {
        var file = try PatchedGGUF("models/dense-tied/gguf/dense-tied-F32.gguf")
        file.add("qwen3.pooling_type", integer: 3)
        try file.set("tokenizer.ggml.add_eos_token", true)
        let folder = try TemporaryCheckpoint(linking: "models/dense-bias/ref")
        try folder.write(file.bytes, to: "model.gguf")
        let model = try ModelStartup.load(path: "\(folder.path)/model.gguf")
        #expect(!model.abilities.generates)
        // The end that this file names.
        #expect(model.abilities.embedding?.end == [try #require(model.tokenizer.token("<|im_end|>"))])
        let reference = try EmbeddingReference().embeddings("dense-tied")
        let result = try await service(model).embed(
            EmbeddingRequest(inputs: reference.tokenIDs.map { .tokens($0) }))
        for (vector, expected) in zip(result.embeddings, reference.vectors) {
            #expect(zip(vector, expected).allSatisfy { abs(Double($0) - $1) < 2e-3 })
        }
    }

    @Test func aRequestsTimeIsThatOfAllItsInputs() async throws {
        var options = TestModel.Options()
        options.willCompute = { _ in Thread.sleep(forTimeInterval: 0.02) }
        options.sequenceLimit = 1
        let model = try scripted(options)
        var request = EmbeddingRequest(inputs: (0..<400).map { .tokens([1, $0 + 1]) })
        request.options.totalTime = 50
        await #expect(throws: ServingError.timedOut) { try await model.service.embed(request) }
    }
}
