internal import Sampling

/// What is to be known of a grammar besides the texts that it matches.
struct GrammarRemarks: Sendable {
    /// What was asked for that the grammar does not hold to.
    var omissions: [ConstraintError] = []
    /// How the parameters of tools are spelled where calls are written as elements.
    var spellings: ParameterSpellings = [:]

    mutating func add(_ other: GrammarRemarks) {
        omissions += other.omissions
        spellings.merge(other.spellings) { first, _ in first }
    }
}
