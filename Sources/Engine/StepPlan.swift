/// Which rows of which sequences one step computes.
struct StepPlan {
    /// Adjacent rows of one sequence.
    struct Chunk: Hashable, BitwiseCopyable {
        /// The sequence's place in the scheduler's table.
        var slot: Int
        var firstPosition: Int
        var rowCount: Int
        /// The sequence's next token is drawn from the last row.
        var reachesEnd: Bool
    }

    /// Decode rows first, then prefill chunks.
    private(set) var chunks: [Chunk] = []
    private(set) var rowCount = 0
    /// Rows of prompts, or of what is computed again after a preemption.
    var prefillRowCount: Int { rowCount - chunks.count { $0.rowCount == 1 && $0.reachesEnd } }
    /// How many sequences gave back their blocks for the others.
    var preemptionCount = 0
    /// How many sequences began, or began again.
    var admissionCount = 0

    mutating func removeAll() {
        chunks.removeAll(keepingCapacity: true)
        rowCount = 0
        preemptionCount = 0
        admissionCount = 0
    }

    mutating func append(_ chunk: Chunk) {
        chunks.append(chunk)
        rowCount += chunk.rowCount
    }
}
