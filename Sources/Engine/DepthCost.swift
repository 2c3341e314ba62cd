/// How much longer a row takes the more positions there are before it, as measured: attention reads them all.
///
/// A step's budget is a number of rows at the beginning of a prompt. Deeper rows count for as many of those as they take time,
/// so that replies beside a long prompt wait no longer for its end than for its beginning. It changes no token: results do
/// not depend on how a prompt is cut.
struct DepthCost: Hashable {
    /// What a measurement still weighs after the next one.
    private static let memory = 0.9
    /// Steps with fewer parts of the budget take longer for each row, whatever their depth.
    private static let fullness = 0.5
    /// A step is shallow while attention makes no more of its rows than this.
    private static let shallowShare = 0.2
    /// How many parts of the budget a step may always have: a prompt has to end some day.
    private static let leastPart = 64

    /// The rows of a step at the beginning of a prompt.
    let budget: Int
    /// The time of such a row, in seconds; 0 before the first measurement.
    private(set) var rowSeconds = 0.0
    /// By how many such rows each position before a row lengthens it.
    private(set) var perPosition = 0.0
    // Sums over the deeper steps, by their weight.
    private var squares = 0.0
    private var products = 0.0

    init(budget: Int, perPosition: Double = 0) {
        self.budget = budget
        self.perPosition = perPosition
    }

    /// What one row takes at a depth, in rows at the beginning.
    func weight(at depth: Int) -> Double { 1 + perPosition * Double(depth) }

    /// How many rows from a depth on take no longer than so many at the beginning.
    func rowCount(within workCount: Int, from depth: Int) -> Int {
        let count = Int(Double(workCount) / weight(at: depth))
        let least = 2 * workCount >= budget ? max(1, budget / Self.leastPart) : 0
        return min(workCount, max(count, least))
    }

    /// What rows from a depth on come to, in rows at the beginning.
    func workCount(rowCount: Int, from depth: Int) -> Int {
        Int((Double(rowCount) * weight(at: depth)).rounded(.down))
    }

    /// Takes in a step.
    ///
    /// - Parameters:
    ///   - rowCount: its rows.
    ///   - depthSum: the positions before them, of all rows together.
    ///   - seconds: the time that it took.
    mutating func observe(rowCount: Int, depthSum: Int, seconds: Double) {
        guard rowCount > 0, seconds > 0 else { return }
        let (rows, depths) = (Double(rowCount), Double(depthSum))
        // The rows of a prompt's first chunk stand behind each other: their depth is in what a row takes anyway.
        let isShallow = depths <= rows * rows || depths * perPosition <= rows * Self.shallowShare && perPosition > 0
        if isShallow {
            guard rows >= Double(budget) * Self.fullness else { return }
            let measured = seconds / (rows + perPosition * max(0, depths - rows * rows / 2))
            guard rowSeconds > 0 else { return rowSeconds = measured }
            // A step in which the machine was busy otherwise says little, one that was faster much.
            let change = min(measured, 2 * rowSeconds) - rowSeconds
            rowSeconds += change * (1 - Self.memory) * (change < 0 ? 4 : 1)
            return
        }
        guard rowSeconds > 0 else { return }
        let expected = perPosition * depths
        let excess = min(max(0, seconds / rowSeconds - rows), 2 * expected + rows)
        squares = squares * Self.memory + depths * depths
        products = products * Self.memory + depths * excess
        perPosition = products / squares
    }
}
