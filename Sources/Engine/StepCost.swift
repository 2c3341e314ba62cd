/// What a step costs by its rows, as measured: a base and a slope, in seconds, of what was seen lately.
///
/// Where all steps had the same number of rows, the slope is the one that was usual before. Rows of a dense model are
/// cheap until computing takes longer than reading the weights does; rows of a mixture of experts read more of them.
struct StepCost {
    /// What a measurement still weighs after the next one.
    private static let memory = 0.96
    /// The weight of the usual slope, in squared rows.
    private static let inertia = 4.0
    /// How fast the usual slope follows.
    private static let learningRate = 0.02

    // Sums over the measurements, by their weight: 1, rows, rows², seconds, rows · seconds.
    private var weight = 0.0
    private var rows = 0.0
    private var squares = 0.0
    private var seconds = 0.0
    private var products = 0.0
    /// The usual slope in parts of the base.
    private(set) var usualSlope = 0.1

    /// The cost of a step of one row; 0 before the first measurement.
    private(set) var base = 0.0
    /// The cost of each further row.
    private(set) var slope = 0.0

    var isKnown: Bool { weight > 0 }

    func seconds(rowCount: Int) -> Double {
        base + slope * Double(rowCount - 1)
    }

    /// Takes in a step that held decode rows and guesses only.
    mutating func observe(rowCount: Int, seconds measured: Double) {
        let further = Double(rowCount - 1)
        // A step in which the machine was busy otherwise says nothing.
        let duration = isKnown ? min(measured, 3 * seconds(rowCount: rowCount)) : measured
        weight = weight * Self.memory + 1
        rows = rows * Self.memory + further
        squares = squares * Self.memory + further * further
        seconds = seconds * Self.memory + duration
        products = products * Self.memory + further * duration
        let spread = squares - rows * rows / weight
        let trend = products - rows * seconds / weight
        let mean = seconds / weight
        let meanRows = rows / weight
        let usual = usualSlope * mean / (1 + usualSlope * meanRows)
        slope = max(0, (trend + Self.inertia * usual) / (spread + Self.inertia))
        base = max(mean - slope * meanRows, mean * 0.01)
        if spread > 10 * Self.inertia {
            usualSlope += (slope / base - usualSlope) * Self.learningRate
        }
    }
}
