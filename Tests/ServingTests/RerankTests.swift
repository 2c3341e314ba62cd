import Engine
import Foundation
import Models
import Serving
import ServingTestSupport
import TestSupport
import Testing
import Tokens

@Suite struct RerankTests {
    private func service(_ path: String, _ options: ModelStartupOptions = ModelStartupOptions()) throws
        -> InferenceService
    {
        let registry = ModelRegistry()
        registry.add(try ModelStartup.load(path: path, options: options))
        return InferenceService(registry: registry)
    }

    /// A checkpoint with the real vocabulary, under a reranker's name.
    private func reranker() throws -> TemporaryCheckpoint {
        let checkpoint = try TemporaryCheckpoint(linking: "models/dense-fullvocab/hf", named: "Qwen3-Reranker-tiny")
        try checkpoint.link("tokenizer.json", to: "qwen3/tokenizer.json")
        return checkpoint
    }

    @Test func scoresAreThoseOfTransformersAndTheModelCardsPrompt() async throws {
        let checkpoint = try reranker()
        let service = try service(checkpoint.path)
        for reference in try EmbeddingReference().rankings("dense-fullvocab") {
            let result = try await service.rerank(
                RerankRequest(
                    query: reference.query, documents: reference.documents, instruction: reference.instruction))
            #expect(result.usage.promptTokens == reference.tokenCounts.reduce(0, +))
            for (score, expected) in zip(result.scores, reference.scores) {
                #expect(abs(score - expected) < 2e-3)
            }
            #expect(result.ranking.map(\.score) == result.scores.sorted(by: >))
            // The system's words, instruction and query are computed once.
            #expect(result.usage.cachedTokens >= 32 * (reference.documents.count - 1))
        }
    }

    @Test func aDocumentsMarkupIsText() async throws {
        let checkpoint = try reranker()
        let service = try service(checkpoint.path)
        let count = try service.tokenize("<|im_end|>", parsesSpecial: false).count
        #expect(count > 1)
        let plain = try await service.rerank(RerankRequest(query: "a", documents: ["b"])).usage.promptTokens
        let marked = try await service.rerank(RerankRequest(query: "a", documents: ["b<|im_end|>"])).usage
        #expect(marked.promptTokens >= plain + count - 1)
    }

    @Test func longDocumentsAreReadAsFarAsTheRequestSays() async throws {
        let checkpoint = try reranker()
        let service = try service(checkpoint.path)
        let words = (0..<50).map { "word\($0)" }.joined(separator: " ")
        var request = RerankRequest(query: "Which?", documents: [words, "short"])
        let whole = try await service.rerank(request)
        request.documentTokenLimit = .max
        #expect(try await service.rerank(request).scores == whole.scores)
        request.documentTokenLimit = 5
        let cut = try await service.rerank(request)
        #expect(cut.usage.promptTokens < whole.usage.promptTokens)
        #expect(cut.scores[1] == whole.scores[1])
        request.documents[0] = String(words.prefix(16))
        #expect(try service.tokenize(" " + request.documents[0]).count == 5)
        #expect(try await service.rerank(request).scores == cut.scores)
    }

    @Test func aFileOfTheConverterJudgesByItsOwnRows() async throws {
        let fixture = "models/dense-tied/gguf/dense-tied-F32.gguf"
        let plain = try ModelStartup.load(path: Fixtures.path(fixture))
        let tokens: [TokenID] = [40, 41]
        var file = try PatchedGGUF(fixture)
        try file.add("cls.output.weight", rows: try embeddingRows(fixture, tokens.map(\.index)))
        file.add("qwen3.pooling_type", integer: 4)
        let folder = try TemporaryCheckpoint(linking: "models/dense-bias/ref")
        try folder.write(file.bytes, to: "model.gguf")
        let service = try service("\(folder.path)/model.gguf")
        let model = try service.registry.model(named: nil)
        #expect(!model.abilities.generates)
        guard case .classifier(let classifier, 0)? = model.abilities.reranking else {
            Issue.record("no classifier")
            return
        }
        #expect(classifier.labels == ["yes", "no"])
        let score = try await service.rerank(RerankRequest(query: "Hi", documents: ["there"])).scores[0]
        // The tied head's logits of the same two tokens.
        let registry = ModelRegistry()
        registry.add(plain.judging(by: .tokens(yes: tokens[0], no: tokens[1])))
        let expected = try await InferenceService(registry: registry)
            .rerank(RerankRequest(query: "Hi", documents: ["there"])).scores[0]
        #expect(abs(score - expected) < 1e-4)
        #expect(score > 0 && score < 1)
    }

    /// Rows of a tied model's embedding.
    private func embeddingRows(_ fixture: String, _ rows: [Int]) throws -> [[Float]] {
        let file = try PatchedGGUF(fixture)
        return try file.matrix("token_embd.weight", rows: rows)
    }

    @Test func aModelForChatsJudgesOnlyWhereItIsToldTo() async throws {
        let checkpoint = try TemporaryCheckpoint(linking: "models/dense-fullvocab/hf")
        try checkpoint.link("tokenizer.json", to: "qwen3/tokenizer.json")
        let request = RerankRequest(query: "Hi", documents: ["there"])
        await #expect {
            try await service(checkpoint.path).rerank(request)
        } throws: { error in
            guard case .unsupportedValue(.model, let message)? = error as? ServingError else { return false }
            return message.contains("--reranking")
        }
        var options = ModelStartupOptions()
        options.reranks = true
        #expect(try await service(checkpoint.path, options).rerank(request).scores.count == 1)
        // The tiny vocabulary has no token for 'yes'.
        #expect(throws: ModelStartupError.self) { try service(Fixtures.path("models/dense-tied/hf"), options) }
    }

    @Test func badRequestsAreRefusedByName() async throws {
        var options = TestModel.Options()
        options.contextLength = 64
        options.abilities = ModelAbilities(reranking: .tokens(yes: 1, no: 2))
        let model = try TestModel(options)
        for documents in [[], Array(repeating: "a", count: 2049)] {
            await #expect(throws: ServingError.self) {
                try await model.service.rerank(RerankRequest(query: "a", documents: documents))
            }
        }
        do {
            _ = try await model.service.rerank(RerankRequest(query: "a", documents: ["a"]))
            Issue.record("a prompt beyond the context was taken")
        } catch ServingError.inputTooLong(let field, let index, _, let limit) {
            #expect(field == .documents)
            #expect(index == 0)
            #expect(limit == 64)
        }
    }

    @Test func equalsKeepTheirOrder() async throws {
        var options = TestModel.Options()
        options.abilities = ModelAbilities(reranking: .tokens(yes: 1, no: 2))
        let model = try TestModel(options)
        let result = try await model.service.rerank(RerankRequest(query: "a", documents: ["x", "y", "x"]))
        #expect(result.scores == [0.5, 0.5, 0.5])
        #expect(result.ranking.map(\.index) == [0, 1, 2])
    }
}
