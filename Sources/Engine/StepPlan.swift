/// Which rows of which sequences one step computes.
struct StepPlan {
    /// Adjacent rows of one sequence.
    struct Chunk: Hashable, BitwiseCopyable {
        /// The sequence's place in the scheduler's table.
        var slot: Int
        var firstPosition: Int
        var rowCount: Int
        /// The sequence's next token is drawn: from the last row that is no guess's.
        var reachesEnd: Bool
        /// How many of the rows, the last ones, are of tokens that were guessed.
        var guessCount = 0

        /// Whether one row draws the next token of a sequence that is computed up to it.
        var isDecode: Bool { reachesEnd && rowCount - guessCount == 1 }
    }

    /// Decode rows first, with their guesses, then prefill chunks.
    private(set) var chunks: [Chunk] = []
    private(set) var rowCount = 0
    /// What the rows come to, in rows at the beginning of a prompt; guesses are not counted.
    private(set) var workCount = 0
    /// Rows of prompts, or of what is computed again after a preemption.
    var prefillRowCount: Int { chunks.reduce(0) { $0 + ($1.isDecode ? 0 : $1.rowCount) } }
    /// The positions before its rows, of all rows together.
    var depthSum: Int {
        chunks.reduce(0) { $0 + $1.rowCount * $1.firstPosition + $1.rowCount * ($1.rowCount - 1) / 2 }
    }
    /// Rows with logits that the plan could still hold beside those of its chunks' ends.
    var spareLogitRowCount = 0
    /// How many sequences gave back their blocks for the others.
    var preemptionCount = 0
    /// How many sequences have their first rows here since they began, or began again.
    var admissionCount = 0

    mutating func removeAll() {
        chunks.removeAll(keepingCapacity: true)
        rowCount = 0
        workCount = 0
        spareLogitRowCount = 0
        preemptionCount = 0
        admissionCount = 0
    }

    mutating func append(_ chunk: Chunk, workCount: Int) {
        chunks.append(chunk)
        rowCount += chunk.rowCount
        self.workCount += workCount
    }

    /// Adds rows of guesses to a chunk.
    mutating func extend(_ index: Int, by guessCount: Int) {
        chunks[index].rowCount += guessCount
        chunks[index].guessCount += guessCount
        rowCount += guessCount
        spareLogitRowCount -= guessCount
    }
}
