import Chat
import Foundation
import Serving
import ServingTestSupport
import Synchronization
import Testing
import Tokens

@Suite struct InferenceServiceTests {
    private func request(_ text: String) -> ChatRequest {
        ChatRequest(messages: [ChatMessage(role: .user, content: text)])
    }

    @Test func aPromptThatFillsTheContextIsRefusedWithBothNumbers() throws {
        var options = TestModel.Options()
        options.contextLength = 64
        let model = try TestModel(options)
        let long = request(String(repeating: "word ", count: 100))
        let count = try model.service.prompt(for: long).ids.count
        #expect(throws: ServingError.contextLengthExceeded(promptTokenCount: count, limit: 64)) {
            _ = try model.service.chat(long)
        }
    }

    @Test func aLimitBeyondTheContextIsLoweredAndSaidSo() async throws {
        let model = try TestModel()
        var request = request("Hi")
        request.options.maximumTokens = 100_000
        let stream = try model.service.chat(request)
        #expect(stream.warnings.map(\.field) == [.maximumTokens])
        _ = try await ChatResult(of: stream)
    }

    @Test func aFullQueueIsRefusedWithATimeToWait() async throws {
        let gate = Gate()
        var options = TestModel.Options()
        options.queueLimit = 1
        options.sequenceLimit = 1
        options.willCompute = { _ in gate.wait() }
        let model = try TestModel(options)
        var streams: [ChatStream] = []
        var refusal: ServingError?
        for index in 0..<50 where refusal == nil {
            do {
                streams.append(try model.service.chat(request("Hi \(index)")))
            } catch {
                refusal = error
            }
        }
        gate.open()
        guard case .queueFull(let limit, let retryAfter)? = refusal else {
            Issue.record("no refusal, but \(String(describing: refusal))")
            return
        }
        #expect(limit == 1)
        #expect(retryAfter >= .seconds(1) && retryAfter <= .seconds(60))
    }

    @Test func whatATemplateRefusesIsTheClientsError() throws {
        let model = try TestModel()
        var request = request("Hi")
        request.continuesFinalMessage = true
        #expect(throws: ServingError.self) { _ = try model.service.chat(request) }
    }

    @Test func tokensAndTextGoBothWays() throws {
        let service = try TestModel().service
        let pieces = try service.tokenize("Hello 日本<|im_end|>")
        #expect(try service.detokenize(pieces.map(\.id.index)) == "Hello 日本<|im_end|>")
        let plain = try service.tokenize("<|im_end|>", parsesSpecial: false)
        #expect(plain.count > 1)
        #expect(throws: ServingError.self) { try service.detokenize([-1]) }
    }

    @Test func drainingLetsWhatRunsFinish() async throws {
        let model = try TestModel()
        let request = request("Hi")
        try model.prepare("Hello.", for: request)
        let service = model.service
        let stream = try service.chat(request)
        async let drained: Void = service.drain(deadline: .seconds(30))
        let result = try await ChatResult(of: stream)
        await drained
        #expect(result.choices[0].content == "Hello.")
        #expect(service.registry.readiness == .draining)
    }
}

/// Holds threads until it is opened.
private final class Gate: Sendable {
    private let isOpen = Mutex(false)

    func open() { isOpen.withLock { $0 = true } }

    func wait() {
        while !isOpen.withLock({ $0 }) {
            Thread.sleep(forTimeInterval: 0.001)
        }
    }
}
