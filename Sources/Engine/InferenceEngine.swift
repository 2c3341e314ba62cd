internal import Dispatch
internal import Foundation
public import Models
public import Sampling

/// The door to one model: takes requests from any thread and generates on a thread of its own.
///
/// The thread makes the model and its draft, owns them, and ends when the engine was drained, or dropped with all its
/// generations.
public final class InferenceEngine: Sendable {
    /// Bytes of the engine thread's stack.
    private static let stackSize = 8 << 20

    private let inbox = EngineInbox()
    private let admission: AdmissionControl

    /// Whether prompts that are likely to come are computed while there is nothing else to do.
    public let worksAhead: Bool

    /// The dimensions of the engine's model.
    public let shape: ModelShape

    /// Which experts its tokens went to, of each layer that has some; none where the model is dense.
    public let expertUse: [ExpertUse]

    /// Starts the thread and waits until the model is there. Blocks: not for a task of the concurrent pool.
    ///
    /// - Parameters:
    ///   - configuration: the limits.
    ///   - tokenBytes: what tokens stand for, to find stop strings.
    ///   - makeModels: called once, on the engine thread.
    /// - Throws: what `makeModels` throws, or the `ModelError` of a cache for which there is no memory.
    public init(
        configuration: EngineConfiguration, tokenBytes: any TokenByteSource,
        makeModels: @escaping @Sendable () throws -> EngineModels
    ) throws {
        worksAhead = configuration.prefillAhead != nil
        let inbox = self.inbox
        let start = EngineStart()
        let thread = Thread {
            EngineLoop.runThread(
                configuration: configuration, tokenBytes: tokenBytes, inbox: inbox, start: start,
                makeModels: makeModels)
        }
        thread.name = "ponder-engine"
        thread.stackSize = Self.stackSize
        thread.start()
        let started = try start.wait()
        shape = started.shape
        expertUse = started.expertUse
        admission = AdmissionControl(
            windows: started.windows, vocabularySize: started.shape.vocabularySize,
            hasHead: started.shape.hasHead, queueLimit: max(1, configuration.queueLimit))
    }

    deinit {
        inbox.beginDrain(deadline: .now)
    }

    /// The most tokens of prompt and output together.
    public var contextLength: Int { windows.last?.length ?? 0 }

    /// The contexts that requests can run in, at least one, ascending.
    public var windows: [ContextWindow] { admission.windows }

    /// Why it answers nothing any more; nil while it does, and after a drain.
    public var failure: String? { inbox.failure }

    /// Waits until the thread has ended, and answers why, unless it was told to.
    public func waitForEnd() async -> String? {
        await inbox.waitForEnd()
        return failure
    }

    /// What the engine did up to its last step.
    public var statistics: EngineStatistics { inbox.statistics }

    /// Queues a request and answers at once.
    public func generate(_ request: GenerationRequest) throws(AdmissionError) -> Generation {
        try admission.check(request)
        let mailbox = try inbox.submit(request, queueLimit: admission.queueLimit)
        return Generation(mailbox: mailbox, engine: self)
    }

    /// Says that a prompt is likely to come that begins like this: its full blocks are computed while there is nothing else to
    /// do, in steps so small that whoever comes meanwhile hardly waits. What cannot be a prompt, or comes while the engine drains,
    /// is passed over; so are the oldest where too many are expected.
    public func expect(_ prompt: ExpectedPrompt) {
        guard worksAhead, admission.admits(prompt) else { return }
        inbox.expect(prompt)
    }

    /// Saves, restores or forgets what the prefix cache holds, between two steps: generations wait meanwhile.
    ///
    /// - Throws: `SnapshotError`; `AdmissionError.draining` when the engine has ended.
    public func perform(_ command: PrefixCacheCommand) async throws -> PrefixCacheOutcome {
        try await inbox.order(command)
    }

    /// Takes no more requests, finishes those that run, cancels the rest after `deadline`, and ends the thread.
    public func drain(deadline: Duration) async {
        inbox.beginDrain(deadline: .now + deadline)
        await inbox.waitForEnd()
    }
}
