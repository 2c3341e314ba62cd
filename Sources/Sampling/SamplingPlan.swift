public import Tokens

/// Sampling parameters as the sampler reads them: every value within its range, the biases in arrays.
///
/// Made once per request; what makes no sense (a negative temperature, a bias that is not a number) does nothing.
public struct SamplingPlan: Sendable {
    /// A token's bias that is added to its logit.
    struct Bias: Sendable {
        var index: Int
        var value: Float
    }

    /// The bias from which a token is drawn exclusively, and below whose negative it is banned.
    static let exclusiveBias: Float = 100

    public let parameters: SamplingParameters
    /// Tokens that cannot be drawn before `minimumTokens` were generated.
    let minimumGuard: [Int]
    let biases: [Bias]
    /// Tokens outside of which nothing can be drawn; empty if there is no such rule.
    let exclusive: [Bias]
    /// Tokens that cannot be drawn at all.
    let banned: [Int]
    public let hasPenalties: Bool
    public var hasBiases: Bool { !biases.isEmpty }

    /// - Parameters:
    ///   - parameters: what the request asked for.
    ///   - stopping: the end and stop tokens, which `minimumTokens` keeps away.
    public init(_ parameters: SamplingParameters, stopping: Set<TokenID> = []) {
        var checked = parameters
        // A temperature whose inverse is no number is as good as none.
        let isUsable = parameters.temperature > 0 && (1 / parameters.temperature).isFinite
        checked.temperature = isUsable ? parameters.temperature : 0
        checked.topP = parameters.topP > 0 && parameters.topP < 1 ? parameters.topP : (parameters.topP <= 0 ? 0 : 1)
        checked.topK = max(0, parameters.topK)
        checked.minP = parameters.minP > 0 ? min(parameters.minP, 1) : 0
        checked.repetitionPenalty =
            Self.isUsablePenalty(parameters.repetitionPenalty) ? parameters.repetitionPenalty : 1
        checked.presencePenalty = parameters.presencePenalty.isFinite ? parameters.presencePenalty : 0
        checked.frequencyPenalty = parameters.frequencyPenalty.isFinite ? parameters.frequencyPenalty : 0
        self.parameters = checked
        minimumGuard = checked.minimumTokens > 0 ? stopping.map(\.index).sorted() : []
        let sorted = parameters.logitBias.sorted { $0.key < $1.key }.map { Bias(index: $0.key.index, value: $0.value) }
        biases = sorted.filter { !$0.value.isNaN }
        exclusive = biases.filter { $0.value >= Self.exclusiveBias }
        banned = parameters.bannedTokens.map(\.index).sorted()
        hasPenalties =
            checked.repetitionPenalty != 1 || checked.presencePenalty != 0 || checked.frequencyPenalty != 0
    }

    private static func isUsablePenalty(_ penalty: Float) -> Bool {
        penalty.isFinite && penalty > 0
    }
}
