/// A generation under way, as its one reader holds it: a sequence of batches of events.
///
/// Each element is all that is new since the last; the last element ends with `.finished`. Cancelling the reader's task,
/// calling `cancel()` or dropping the generation cancels it within a step, wherever it stands. A generation keeps its engine.
public final class Generation: AsyncSequence, Sendable {
    public typealias Element = [GenerationEvent]
    public typealias Failure = Never

    private let mailbox: GenerationMailbox
    private let engine: InferenceEngine

    init(mailbox: GenerationMailbox, engine: InferenceEngine) {
        self.mailbox = mailbox
        self.engine = engine
    }

    deinit {
        cancel()
    }

    /// Ends the generation; `.finished(.cancelled, …)` follows unless it has ended by itself. May be called from anywhere.
    public func cancel() {
        mailbox.cancel()
    }

    /// Prompt tokens that were found in the prefix cache; 0 before the first event of progress.
    public var cachedTokenCount: Int { mailbox.cachedCount }

    /// Brings thinking to an end within a step, or as soon as it begins, so that the answer follows; does nothing where it has
    /// ended. May be called from anywhere.
    public func endThinking() {
        mailbox.endThinking()
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(generation: self)
    }

    /// Reads a generation, which lives at least as long.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let generation: Generation

        public func next() async -> [GenerationEvent]? {
            await generation.mailbox.next()
        }
    }
}
