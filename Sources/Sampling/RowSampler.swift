internal import Compute
internal import Glibc
internal import Tokens

/// Reads one row of logits after another, on one thread at a time, in memory of its own.
final class RowSampler {
    private let vocabularyLimit: Int
    private var row: LogitRow
    private var candidates: CandidateList
    private var penalties: Penalties

    init(vocabularySize: Int, vocabularyLimit: Int, kernels: LogitKernels) {
        self.vocabularyLimit = vocabularyLimit
        row = LogitRow(capacity: vocabularySize, kernels: kernels)
        candidates = CandidateList(capacity: vocabularySize, kernels: kernels)
        penalties = Penalties(vocabularySize: vocabularySize)
    }

    func read(_ request: SamplingRow) -> SampledRow {
        var result = SampledRow()
        if let count = request.alternativeCount {
            unsafe row.open(request.logits, count: request.logits.count)
            result.distribution = distribution(alternativeCount: min(count, Sampler.alternativeLimit))
        } else {
            unsafe row.open(request.logits, count: vocabularyLimit)
        }
        if let (plan, history) = request.draw {
            result.token = draw(plan, history, request.mask)
        }
        row.close()
        return result
    }

    /// The distribution over the open row, which is then limited to the vocabulary.
    private func distribution(alternativeCount: Int) -> RowDistribution {
        let normalizer = Double(row.maximum) + log(row.findWeights(cutoff: .none, scale: 1))
        row.limit(to: vocabularyLimit)
        guard alternativeCount > 0 else { return RowDistribution(normalizer: normalizer, alternatives: []) }
        candidates.collectBest(alternativeCount, of: row)
        candidates.sortBestFirst()
        let alternatives = (0..<candidates.count).map { index in
            let candidate = candidates[index]
            return TokenLogProbability(
                id: TokenID(rawValue: candidate.id), logProbability: Float(Double(candidate.logit) - normalizer))
        }
        return RowDistribution(normalizer: normalizer, alternatives: alternatives)
    }

    private func draw(_ plan: SamplingPlan, _ history: TokenHistory, _ mask: TokenMask?) -> TokenID {
        let parameters = plan.parameters
        if let mask {
            row.keepOnly(mask)
        }
        adjust(plan, history, isMasked: mask != nil)
        row.findMaximum()
        guard row.maximum.isFinite, parameters.temperature > 0 else {
            return likeliest(mask)
        }
        let cutoff = TokenFilters.cutoff(parameters, row: &row, candidates: &candidates)
        let uniform = RandomDraw.uniform(
            seed: parameters.seed, choice: parameters.choice, position: history.generatedCount)
        return TokenID(row.index(at: uniform, cutoff: cutoff, scale: 1 / parameters.temperature))
    }

    /// Biases, the guard of the minimum length and penalties.
    private func adjust(_ plan: SamplingPlan, _ history: TokenHistory, isMasked: Bool) {
        let spared = sparedIndex(history.biasReach)
        if history.biasReach != .nothing {
            for bias in plan.biases where row.contains(bias.index) && bias.index != spared {
                row[bias.index] = bias.value <= -SamplingPlan.exclusiveBias ? -.infinity : row[bias.index] + bias.value
            }
        }
        for index in plan.banned where row.contains(index) {
            row[index] = -.infinity
        }
        // A mask allows an end where nothing else may follow: the minimum gives way to it.
        if !isMasked, history.generatedCount < plan.parameters.minimumTokens {
            for index in plan.minimumGuard where row.contains(index) {
                row[index] = -.infinity
            }
        }
        if plan.hasPenalties {
            penalties.apply(plan.parameters, to: &row, history: history)
        }
        if !plan.exclusive.isEmpty, history.biasReach != .nothing {
            keepOnly(plan.exclusive, sparing: spared)
        }
    }

    private func sparedIndex(_ reach: BiasReach) -> Int? {
        guard case .everythingBut(let token) = reach, row.contains(token.index) else { return nil }
        return token.index
    }

    /// Bans everything but the given tokens and one that biases spare, which stays as likely beside them as it was.
    private func keepOnly(_ exclusive: [SamplingPlan.Bias], sparing spared: Int?) {
        candidates.removeAll()
        var bias: Float = 0
        for token in exclusive where row.contains(token.index) && token.index != spared {
            candidates.append(.init(logit: row[token.index], id: Int32(truncatingIfNeeded: token.index)))
            bias = max(bias, token.value)
        }
        if let spared {
            row[spared] += bias
            candidates.append(.init(logit: row[spared], id: Int32(truncatingIfNeeded: spared)))
        }
        row.keepOnly(candidates)
    }

    /// The token with the highest logit and the lowest id; if every token is banned, the model's own favourite of those
    /// that the mask allows.
    private func likeliest(_ mask: TokenMask?) -> TokenID {
        if row.maximum > -.infinity, let index = row.firstIndex(of: row.maximum) {
            return TokenID(index)
        }
        row.reopen()
        if let mask, row.maximum == -.infinity {
            return mask.first ?? TokenID(0)
        }
        return TokenID(row.firstIndex(of: row.maximum) ?? 0)
    }
}
