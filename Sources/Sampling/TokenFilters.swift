internal import Glibc

/// top-k, then top-p over what top-k left, then min-p: each can only raise the cutoff.
enum TokenFilters {
    /// How many of the best are tried first as a nucleus: it is seldom larger.
    private static let usualNucleusCount = 128
    /// So many candidates are soon searched through.
    private static let shortSearchCount = 4096.0
    private static let bisectionLimit = 12

    /// Where the filters cut the row.
    ///
    /// - Parameters:
    ///   - parameters: temperature, top-k, top-p and min-p.
    ///   - row: logits whose maximum was found; its weights are overwritten.
    ///   - candidates: memory to work in, with room for the whole row.
    /// - Returns: the cutoff that admits what all filters leave.
    static func cutoff(
        _ parameters: SamplingParameters, row: inout LogitRow, candidates: inout CandidateList
    ) -> Cutoff {
        let scale = 1 / parameters.temperature
        var cutoff = Cutoff.none
        let limitsCount = parameters.topK > 0 && parameters.topK < row.count
        if limitsCount {
            candidates.collectBest(parameters.topK, of: row)
            cutoff = admitting(candidates.worst())
        }
        if parameters.topP < 1 && limitsCount {
            let total = candidates.weigh(maximum: row.maximum, scale: scale)
            cutoff = admitting(candidates.nucleusEnd(target: Double(parameters.topP) * total))
        } else if parameters.topP < 1 {
            cutoff = nucleus(parameters, row: &row, candidates: &candidates)
        }
        if parameters.minP > 0 {
            let threshold = row.maximum + parameters.temperature * logf(parameters.minP)
            if threshold > cutoff.logit {
                cutoff = Cutoff(logit: threshold, id: .max)
            }
        }
        return cutoff
    }

    private static func admitting(_ worst: CandidateList.Candidate) -> Cutoff {
        Cutoff(logit: worst.logit, id: worst.id)
    }

    /// top-p over the whole row.
    private static func nucleus(
        _ parameters: SamplingParameters, row: inout LogitRow, candidates: inout CandidateList
    ) -> Cutoff {
        let scale = 1 / parameters.temperature
        let total = row.findWeights(cutoff: .none, scale: scale)
        let target = Double(parameters.topP) * total
        candidates.collectBest(usualNucleusCount, of: row)
        if candidates.weigh(maximum: row.maximum, scale: scale) >= target {
            return admitting(candidates.nucleusEnd(target: target))
        }
        // The nucleus ends between two logits, which bisection brings together: W(above low) ≥ target > W(above high).
        var high = candidates.worst().logit
        var weightAboveHigh = candidates.weight(above: high)
        var low = min(nucleusThreshold(parameters, total: total, row: row), high.nextDown)
        var weightAboveLow = total
        for _ in 0..<bisectionLimit {
            let leastWeight = exp(Double((low - row.maximum) * scale))
            let middle = low + (high - low) / 2
            if weightAboveLow - weightAboveHigh <= shortSearchCount * leastWeight || middle <= low || middle >= high {
                break
            }
            let weight = row.findWeights(cutoff: Cutoff(logit: middle, id: -1), scale: scale)
            if weight >= target {
                (low, weightAboveLow) = (middle, weight)
            } else {
                (high, weightAboveHigh) = (middle, weight)
            }
        }
        candidates.collect(above: low, upTo: high, of: row)
        guard !candidates.isEmpty else { return Cutoff(logit: high, id: .max) }
        _ = candidates.weigh(maximum: row.maximum, scale: scale)
        return admitting(candidates.nucleusEnd(target: target - weightAboveHigh))
    }

    /// A logit below which no token can belong to the nucleus: all tokens less probable than `(1 − p) / n` together are
    /// less probable than `1 − p`. Lowered a little, so that rounding excludes none.
    private static func nucleusThreshold(
        _ parameters: SamplingParameters, total: Double, row: borrowing LogitRow
    ) -> Float {
        let bound = (1 - Double(parameters.topP)) * total / Double(row.count)
        let distance = Float(log(bound) - 0.01) * parameters.temperature
        return row.maximum + distance
    }
}
