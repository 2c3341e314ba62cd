internal import Glibc

/// top-k, then top-p over what top-k left, then min-p: each can only raise the cutoff.
enum TokenFilters {
    /// Where the filters cut the row.
    ///
    /// - Parameters:
    ///   - parameters: temperature, top-k, top-p and min-p.
    ///   - row: logits whose maxima were found.
    ///   - maximum: the row's highest logit.
    ///   - candidates: memory to work in, with room for the whole row.
    /// - Returns: the cutoff that admits what all filters leave.
    static func cutoff(
        _ parameters: SamplingParameters, row: borrowing LogitRow, maximum: Float, candidates: inout CandidateList
    ) -> Cutoff {
        let scale = 1 / parameters.temperature
        var cutoff = Cutoff.none
        let limitsCount = parameters.topK > 0 && parameters.topK < row.count
        if limitsCount {
            candidates.collectBest(parameters.topK, of: row)
            cutoff = admitting(candidates.worst())
        }
        if parameters.topP < 1 {
            let total: Double
            if limitsCount {
                total = sumOfWeights(candidates, maximum: maximum, scale: scale)
            } else {
                total = row.sumOfWeights(maximum: maximum, scale: scale)
                let threshold = nucleusThreshold(parameters, total: total, rowCount: row.count, maximum: maximum)
                candidates.collect(above: threshold, of: row)
            }
            let target = Double(parameters.topP) * total
            cutoff = admitting(candidates.nucleusEnd(target: target, maximum: maximum, scale: scale))
        }
        if parameters.minP > 0 {
            let threshold = maximum + parameters.temperature * logf(parameters.minP)
            if threshold > cutoff.logit {
                cutoff = Cutoff(logit: threshold, id: .max)
            }
        }
        return cutoff
    }

    private static func admitting(_ worst: CandidateList.Candidate) -> Cutoff {
        Cutoff(logit: worst.logit, id: worst.id)
    }

    private static func sumOfWeights(
        _ candidates: borrowing CandidateList, maximum: Float, scale: Float
    ) -> Double {
        var total = 0.0
        for index in 0..<candidates.count {
            total += Double(Exponential.value((candidates[index].logit - maximum) * scale))
        }
        return total
    }

    /// A logit below which no token can belong to the nucleus: all tokens less probable than `(1 − p) / n` together are
    /// less probable than `1 − p`. Lowered a little, so that rounding excludes none.
    private static func nucleusThreshold(
        _ parameters: SamplingParameters, total: Double, rowCount: Int, maximum: Float
    ) -> Float {
        let bound = (1 - Double(parameters.topP)) * total / Double(rowCount)
        let distance = Float(log(bound) - 0.01) * parameters.temperature
        return min(maximum + distance, maximum.nextDown)
    }
}
