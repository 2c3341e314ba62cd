internal import Engine
internal import Models
internal import Tokens

/// Many prompts of one request, computed for what is read where each ends.
///
/// Some are with the engine at a time, and others follow as these end: so a request of many texts fills the engine's steps
/// and leaves room in its queue. What they all begin with is computed once.
struct PromptReadings: Sendable {
    /// How many are with the engine: those that run, and as many that wait to take their places.
    private static let window = 128

    let model: ServedModel
    let prompts: [[TokenID]]
    let reading: PromptReading
    let options: ValidatedOptions

    /// What is read off each prompt, in their order, and what all of them used.
    func results() async throws -> (values: [[Float]], usage: TokenUsage) {
        let start = ContinuousClock.now
        let group = PromptGroup(sharedCount: sharedCount)
        return try await withThrowingTaskGroup(of: (index: Int, result: Reading).self) { tasks in
            var values = Array(repeating: [Float](), count: prompts.count)
            var usage = TokenUsage()
            var (next, runningCount) = (0, 0)
            while next < prompts.count || runningCount > 0 {
                while next < prompts.count, runningCount < Self.window {
                    let request = request(next, group, elapsed: .now - start)
                    guard let generation = try begin(request, isRefusable: runningCount == 0) else { break }
                    let index = next
                    tasks.addTask { (index, try await Reading(of: generation)) }
                    next += 1
                    runningCount += 1
                }
                guard let (index, reading) = try await tasks.next() else { break }
                runningCount -= 1
                values[index] = reading.values
                usage.add(UsageCounter.usage(promptTokenCount: prompts[index].count, [reading.usage]))
            }
            return (values, usage)
        }
    }

    /// Hands a request to the engine. Where its queue is full, nil: one of this request's own will end soon, if there is any.
    private func begin(_ request: GenerationRequest, isRefusable: Bool) throws -> Generation? {
        do {
            return try model.generate(request)
        } catch {
            guard case ServingError.queueFull = error, !isRefusable else { throw error }
            return nil
        }
    }

    private func request(_ index: Int, _ group: PromptGroup, elapsed: Duration) -> GenerationRequest {
        var timeLimits = options.timeLimits
        timeLimits.total = timeLimits.total.map { max(.zero, $0 - elapsed) }
        var request = GenerationRequest(
            prompt: prompts[index], reading: reading, usesPrefixCache: options.usesPrefixCache,
            cacheSalt: options.cacheSalt, promptGroup: group, timeLimits: timeLimits)
        request.urgency = options.urgency
        request.window = model.engine.windows.place(holding: prompts[index].count)
        return request
    }

    /// How many tokens all prompts begin with.
    private var sharedCount: Int {
        guard let first = prompts.first else { return 0 }
        return prompts.dropFirst().reduce(first.count) { count, prompt in
            (0..<min(count, prompt.count)).first { first[$0] != prompt[$0] } ?? min(count, prompt.count)
        }
    }
}

/// What was read off one prompt.
private struct Reading: Sendable {
    var values: [Float] = []
    var usage = GenerationUsage()

    /// Reads a generation to its end.
    init(of generation: Generation) async throws(ServingError) {
        for await events in generation {
            for event in events {
                switch event {
                case .reading(let values): self.values = values
                case .finished(let reason, let usage):
                    self.usage = usage
                    try Self.check(reason)
                case .queued, .prefilling, .promptLogProbabilities, .tokens: continue
                }
            }
        }
    }

    private static func check(_ reason: FinishReason) throws(ServingError) {
        switch reason {
        case .length, .endOfText, .stopToken, .stopString, .loop: return
        case .timeLimit: throw .timedOut
        case .cancelled: throw .draining
        case .failed(let message): throw .internalFailure(message)
        }
    }
}
