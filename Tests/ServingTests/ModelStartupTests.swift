import Chat
import Checkpoints
import JSON
import Models
import Serving
import TestSupport
import Testing
import Tokens

/// Checkpoints as they come, opened, loaded and talked to.
@Suite struct ModelStartupTests {
    /// A file or folder, and the model whose reference it must agree with.
    static let checkpoints = [
        ("dense-tied", "hf"), ("dense-untied", "hf"), ("dense-yarn", "hf"), ("moe", "hf"), ("moe-mixed", "hf"),
        ("dense-tied", "gguf/dense-tied-F32.gguf"), ("dense-tied", "gguf/dense-tied-BF16.gguf"),
    ]

    @Test(arguments: checkpoints.indices) func aCheckpointsChatsGoAsTheirReference(index: Int) async throws {
        let (name, path) = Self.checkpoints[index]
        let model = try ModelStartup.load(path: Fixtures.path("models/\(name)/\(path)"))
        let registry = ModelRegistry()
        registry.add(model)
        let service = InferenceService(registry: registry)
        let reference = try JSONValue(parsing: Fixtures.bytes("models/\(name)/ref/ref.json"))
        for chat in try #require(reference["chat"]?.arrayValue) {
            let request = try request(chat)
            let prompt = try service.prompt(for: request)
            #expect(prompt.text == chat["prompt"]?.stringValue)
            #expect(prompt.ids.map(\.index) == chat["prompt_ids"]?.arrayValue?.compactMap(\.intValue))
            let result = try await ChatResult(of: service.chat(request))
            let expected = try #require(chat["text"]?.stringValue)
            let text = result.choices[0].content
            #expect(text.trimmingLineFeeds() == expected.trimmingLineFeeds())
            #expect(result.choices[0].finishReason == .length)
        }
    }

    @Test func aModelIsDescribedTheSameBeforeItIsLoaded() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("models/dense-tied/hf"))
        var options = ModelStartupOptions()
        options.ropeScaling = RopeScaling(method: .byLength)
        options.cacheByteCount = 64 << 20
        let before = try ModelStartup.describe(checkpoint, options: options)
        let after = try ModelStartup.load(checkpoint, options: options).description
        #expect(before.windows == after.windows && before.windows.count > 1)
        #expect(before.contextLength == after.contextLength)
        #expect(before.fingerprint == after.fingerprint)
        #expect(before.capabilities == after.capabilities && before.capabilities.contains("completion"))
        #expect(before.chatTemplate == after.chatTemplate && before.hasChatFormat)
        #expect(before.facts == after.facts && before.shape == after.shape)
    }

    private func request(_ chat: JSONValue) throws -> ChatRequest {
        var request = ChatRequest(
            messages: try #require(chat["messages"]?.arrayValue).map { try ChatMessage(json: $0) })
        request.thinking = chat["chat_template_kwargs"]?["enable_thinking"]?.boolValue
        request.options.temperature = 0
        request.options.maximumTokens = try #require(chat["greedy_ids"]?.arrayValue).count
        request.options.ignoresEnd = true
        return request
    }

    @Test func bothEndsOfTurnStopEvenWhereTheFileNamesOnlyOne() throws {
        for path in ["models/dense-tied/hf", "models/dense-tied/gguf/dense-tied-F32.gguf"] {
            let model = try ModelStartup.load(path: Fixtures.path(path))
            let ends = ["<|im_end|>", "<|endoftext|>"].compactMap { model.tokenizer.token($0) }
            #expect(ends.count == 2)
            #expect(model.defaults.endTokens.isSuperset(of: ends))
            #expect(model.outputTokens.ends == model.defaults.endTokens)
        }
    }

    @Test func theDefaultsAreTheCheckpointsOwn() throws {
        let model = try ModelStartup.load(path: Fixtures.path("models/dense-tied/hf"))
        #expect(model.defaults.thinking == .qwenThinking)
        #expect(model.defaults.direct == .qwenDirect)
        #expect(model.contextLength > 0 && model.contextLength <= 1024)
    }

    @Test func optionsNameTheModelAndBoundItsContext() throws {
        var options = ModelStartupOptions()
        options.name = "mine"
        options.aliases = ["gpt-4"]
        options.contextLength = 128
        options.chatTemplate = "{{ messages[0].content }}!"
        let model = try ModelStartup.load(path: Fixtures.path("models/dense-tied/hf"), options: options)
        #expect(model.name == "mine")
        #expect(model.contextLength == 128)
        let prompt = try model.chatFormat?.prompt(
            for: ChatPromptRequest(messages: [ChatMessage(role: .user, content: "Hi")]))
        #expect(prompt?.text == "Hi!")
    }

    @Test func aDraftModelChangesNoReplyAndIsCounted() async throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("models/dense-tied/hf"))
        var options = ModelStartupOptions()
        options.speculation = .off
        var contents: [String] = []
        for speculation in [SpeculationMode.off, .automatic, .lookup] {
            options.speculation = speculation
            let registry = ModelRegistry()
            registry.add(try ModelStartup.load(checkpoint, draft: checkpoint, options: options))
            var request = ChatRequest(messages: [ChatMessage(role: .user, content: "one two one two one two")])
            request.options.temperature = 0
            request.options.maximumTokens = 60
            request.options.ignoresEnd = true
            let result = try await ChatResult(of: InferenceService(registry: registry).chat(request))
            contents.append(result.choices[0].content)
            #expect(result.usage.completionTokens == 60)
            #expect(result.usage.acceptedDraftTokens <= result.usage.draftTokens)
            #expect(speculation != .off || result.usage.draftTokens == 0)
        }
        #expect(Set(contents).count == 1)
    }

    @Test func aDraftOfAnotherVocabularyIsRefusedWithTheTokenThatDiffers() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("models/dense-tied/hf"))
        let stranger = try Checkpoint.open(Fixtures.path("../../Sources/BuiltinModel/model.gguf"))
        do {
            _ = try ModelStartup.load(checkpoint, draft: stranger)
            Issue.record("the draft was taken")
        } catch {
            #expect(error.description.contains("cannot be the draft model: its token"))
            #expect(!error.description.contains("\n"))
        }
    }

    @Test func otherWeightsHaveAnotherFingerprint() throws {
        let fingerprints = try ["dense-tied/hf", "dense-untied/hf", "dense-tied/gguf/dense-tied-F32.gguf"].map { path in
            try ModelStartup.load(path: Fixtures.path("models/\(path)")).fingerprint
        }
        #expect(Set(fingerprints).count == 3)
        #expect(fingerprints.allSatisfy { $0.hasPrefix("fp_2_") && $0.utf8.count == 21 })
    }

    @Test func otherNumericsHaveAnotherFingerprintAndTheWeightsFormatIsTold() throws {
        let path = Fixtures.path("models/dense-tied/hf")
        var (rounding, bytes) = (ModelStartupOptions(), ModelStartupOptions())
        rounding.activations = .bf16
        bytes.cacheFormat = .q8_0
        let models = try [ModelStartupOptions(), rounding, bytes].map { try ModelStartup.load(path: path, options: $0) }
        #expect(Set(models.map(\.fingerprint)).count == 3)
        #expect(models[0].facts.quantization == "BF16" && models[0].facts.parameterCount > 0)
    }

    @Test(arguments: [
        "models/dense-fullvocab/hf", "models/nothing", "qwen3/tokenizer.json", "qwen3/qwen3-vocab.gguf", "templates",
    ])
    func whatIsNoModelIsRefusedInOneLine(path: String) {
        do {
            _ = try ModelStartup.load(path: Fixtures.path(path))
            Issue.record("\(path) was loaded")
        } catch {
            #expect(!error.description.isEmpty)
            #expect(!error.description.contains("\n"))
        }
    }

    @Test func aBrokenTemplateIsRefusedBeforeTheWeightsAreRead() {
        var options = ModelStartupOptions()
        options.chatTemplate = "{% if %}"
        #expect(throws: ModelStartupError.self) {
            _ = try ModelStartup.load(path: Fixtures.path("models/dense-tied/hf"), options: options)
        }
    }
}

extension String {
    fileprivate func trimmingLineFeeds() -> String {
        let scalars = unicodeScalars.drop { $0 == "\n" }
        var trimmed = Array(scalars)
        while trimmed.last == "\n" {
            trimmed.removeLast()
        }
        var text = ""
        text.unicodeScalars.append(contentsOf: trimmed)
        return text
    }
}
