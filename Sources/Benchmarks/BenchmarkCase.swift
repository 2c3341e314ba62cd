/// One thing to measure of a model.
public struct BenchmarkCase: Hashable, Sendable {
    public enum Work: Hashable, Sendable {
        /// Reads a prompt of so many tokens.
        case prompt(Int)
        /// Writes so many tokens, one a step and sequence.
        case generate(Int)
    }

    public var work: Work
    /// Tokens of each sequence that are in the cache before.
    public var depth: Int
    /// Sequences that are written side by side; a prompt is read alone.
    public var batch: Int

    public init(_ work: Work, depth: Int = 0, batch: Int = 1) {
        self.work = work
        self.depth = depth
        self.batch = batch
    }

    /// The tokens of one run, of all sequences together.
    public var tokenCount: Int {
        switch work {
        case .prompt(let count): count
        case .generate(let count): count * batch
        }
    }

    /// Positions that a sequence of the run fills.
    var positionCount: Int {
        switch work {
        case .prompt(let count), .generate(let count): depth + count
        }
    }

    /// Such as `pp512`, `tg128 @ d4096` or `tg32 x 16`.
    public var name: String {
        let work =
            switch work {
            case .prompt(let count): "pp\(count)"
            case .generate(let count): "tg\(count)"
            }
        return work + (batch > 1 ? " x \(batch)" : "") + (depth > 0 ? " @ d\(depth)" : "")
    }
}
