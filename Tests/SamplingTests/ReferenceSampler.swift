import Foundation
import Sampling
import Tokens

/// The sampler's definition, as plainly as it can be written: doubles, a full sort, a walk.
struct ReferenceSampler {
    var parameters: SamplingParameters
    var stopping: Set<TokenID> = []

    /// The probability of every token, by id.
    func distribution(_ logits: [Float], tokens: [TokenID], promptCount: Int) -> [Double] {
        var scores = logits.map(Double.init)
        adjust(&scores, tokens: tokens, promptCount: promptCount)
        let order = scores.indices.filter { scores[$0] > -.infinity }.sorted {
            scores[$0] > scores[$1] || (scores[$0] == scores[$1] && $0 < $1)
        }
        if parameters.temperature == 0 {
            return scores.indices.map { $0 == order[0] ? 1 : 0 }
        }
        let scaled = scores.map { ($0 - scores[order[0]]) / Double(parameters.temperature) }
        var kept = parameters.topK > 0 ? Array(order.prefix(parameters.topK)) : order
        var total = kept.reduce(0) { $0 + exp(scaled[$1]) }
        var mass = 0.0
        kept = Array(
            kept.prefix { index in
                defer { mass += exp(scaled[index]) / total }
                return index == order[0] || mass < Double(parameters.topP)
            })
        kept = kept.filter { exp(scaled[$0]) >= Double(parameters.minP) }
        total = kept.reduce(0) { $0 + exp(scaled[$1]) }
        var result = Array(repeating: 0.0, count: scores.count)
        for index in kept {
            result[index] = exp(scaled[index]) / total
        }
        return result
    }

    private func adjust(_ scores: inout [Double], tokens: [TokenID], promptCount: Int) {
        let exclusive = parameters.logitBias.filter { $0.value >= 100 }.keys
        for (token, bias) in parameters.logitBias {
            scores[token.index] += bias <= -100 ? -.infinity : Double(bias)
        }
        if tokens.count - promptCount < parameters.minimumTokens {
            for token in stopping {
                scores[token.index] = -.infinity
            }
        }
        for token in Set(tokens) {
            let penalty = Double(parameters.repetitionPenalty)
            scores[token.index] *= scores[token.index] > 0 ? 1 / penalty : penalty
        }
        for token in tokens.dropFirst(promptCount) {
            scores[token.index] -= Double(parameters.frequencyPenalty)
        }
        for token in Set(tokens.dropFirst(promptCount)) {
            scores[token.index] -= Double(parameters.presencePenalty)
        }
        if !exclusive.isEmpty {
            for index in scores.indices where !exclusive.contains(TokenID(index)) {
                scores[index] = -.infinity
            }
        }
    }
}
