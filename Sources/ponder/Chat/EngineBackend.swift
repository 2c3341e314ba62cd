import Chat
import Checkpoints
import Engine
import Foundation
import Logging
import Serving

/// A model in this process.
struct EngineBackend: ChatBackend {
    let modelName: String
    private let service: InferenceService

    init(model: ServedModel) {
        let registry = ModelRegistry()
        registry.add(model)
        service = InferenceService(registry: registry)
        modelName = model.name
    }

    /// Loads a model, with a line on standard error meanwhile.
    static func load(_ settings: ServeSettings) async throws -> EngineBackend {
        var logger = Logger(label: "ponder")
        logger.logLevel = max(settings.logLevel, .warning)
        let checkpoint = try ModelSource(path: settings.model).open()
        let draft = try ModelSource.openDraft(settings)
        let plan = try StartupPlan(checkpoint, draft: draft, settings: settings)
        try plan.check()
        let line = ProgressLine()
        line.show("\(plan.name): loading")
        defer { line.clear() }
        var loading = ModelLoading(checkpoint: checkpoint, draft: draft, plan: plan, logger: logger)
        loading.showProgress = { [name = plan.name] in line.show("\(name): \($0)") }
        let model = try await withCheckedThrowingContinuation { continuation in
            loading.begin { continuation.resume(with: $0) }
        }
        return EngineBackend(model: model)
    }

    func reply(to request: ChatRequest, _ receive: @escaping @Sendable (ReplyEvent) -> Void) async throws {
        let stream = try service.chat(request)
        for warning in stream.warnings { receive(.notice(warning.message)) }
        var boundary = ReasoningBoundary()
        var reason = ChatFinishReason.stop
        let usage = try await stream.forEach { events in
            for event in events {
                switch event {
                case .progress(.prefilling(_, let done, let total)):
                    receive(.readingPrompt(done: done, of: total))
                case .delta(_, .reasoning(let text), _):
                    boundary.events(reasoning: text, countTokens: count).forEach(receive)
                case .delta(_, .content(let text), _):
                    boundary.events(content: text, countTokens: count).forEach(receive)
                case .finished(_, let finish): reason = finish.reason
                default: break
                }
            }
        }
        receive(.finished(ReplyEnd(reason: Self.name(of: reason), usage: ReplyUsage(usage))))
    }

    private func count(_ reasoning: String) -> Int? {
        try? service.tokenize(reasoning, parsesSpecial: false).count
    }

    private static func name(of reason: ChatFinishReason) -> String {
        switch reason {
        case .stop: "stop"
        case .length: "length"
        case .toolCalls: "tool_calls"
        }
    }
}

extension ReplyUsage {
    fileprivate init(_ usage: TokenUsage) {
        self.init(
            promptTokens: usage.promptTokens, cachedTokens: usage.cachedTokens,
            completionTokens: usage.completionTokens, reasoningTokens: usage.reasoningTokens,
            times: Times(prompt: usage.timings.prefill, generation: usage.timings.decode))
    }
}
