/// How many tokens are generated a second, over about the last second.
struct GenerationRate {
    private static let window = Duration.seconds(1)

    private(set) var tokensPerSecond = 0.0
    private var start = ContinuousClock.now
    private var startCount = 0

    /// Takes in how many tokens there have been in all. Called after each step.
    mutating func observe(_ count: Int, at now: ContinuousClock.Instant = .now) {
        let time = now - start
        guard time >= Self.window else { return }
        // A pause is no slow generation: the next window tells.
        if time < Self.window * 2 { tokensPerSecond = Double(count - startCount) / (time / .seconds(1)) }
        start = now
        startCount = count
    }
}
