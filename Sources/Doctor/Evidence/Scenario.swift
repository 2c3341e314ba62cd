/// Requests that belong together, by one name: several checks judge the same ones, so that each is sent once.
///
/// The steps follow each other over one connection. A step sees the answers before it, and ends the scenario where it asks
/// for nothing; one that asks for several things at once has a connection for each.
struct Scenario: Sendable {
    typealias Step = @Sendable (Subject, [Transcript]) -> [Ask]

    let name: String
    /// Whether nothing else may run meanwhile: for counts of what a server is doing.
    var isAlone = false
    let steps: [Step]

    init(_ name: String, isAlone: Bool = false, steps: [Step]) {
        self.name = name
        self.isAlone = isAlone
        self.steps = steps
    }

    /// Requests that need to know nothing of each other.
    init(_ name: String, _ asks: Ask...) {
        self.init(name, steps: asks.map { ask in { _, _ in [ask] } })
    }
}
