internal import Compute
internal import Synchronization

/// How often each expert of a layer was chosen: counted on the engine thread, read from anywhere.
public final class ExpertUse: Sendable {
    /// The layer's place among all layers of the model.
    public let layer: Int
    /// By expert. The lock is taken once for a layer's rows of a step, and by whoever reads.
    private let counts: Mutex<[Int]>

    /// A layer none of whose experts was chosen yet.
    public init(layer: Int, expertCount: Int) {
        self.layer = layer
        counts = Mutex([Int](repeating: 0, count: expertCount))
    }

    /// By expert, the tokens that went to it since the model was loaded; a token counts for each of its experts.
    public var tokenCounts: [Int] { counts.withLock { $0 } }

    /// Counts the first rows of a routing.
    func add(_ routing: ExpertRouting, rowCount: Int) {
        counts.withLock { counts in
            for index in 0..<rowCount * routing.choices {
                let expert = Int(routing.experts[index])
                if counts.indices.contains(expert) { counts[expert] += 1 }
            }
        }
    }
}
