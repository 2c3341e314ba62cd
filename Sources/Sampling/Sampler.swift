internal import Glibc
public import Tokens

/// Draws tokens from rows of logits. Owns the memory it works in; one serves all sequences of an engine.
public struct Sampler: ~Copyable {
    /// The most alternatives that can be reported beside a token.
    public static let alternativeLimit = 20

    /// Ids from here on are padding of the output head and are never drawn.
    private let vocabularyLimit: Int
    private var row: LogitRow
    private var candidates: CandidateList
    private var penalties: Penalties

    /// - Parameters:
    ///   - vocabularySize: the length of a row of logits.
    ///   - vocabularyLimit: how many of its ids are tokens; nil if all are.
    public init(vocabularySize: Int, vocabularyLimit: Int? = nil) {
        self.vocabularyLimit = max(1, min(vocabularySize, vocabularyLimit ?? vocabularySize))
        row = LogitRow(capacity: vocabularySize)
        candidates = CandidateList(capacity: vocabularySize)
        penalties = Penalties(vocabularySize: vocabularySize)
    }

    /// Draws the next token of a sequence. The result depends on the arguments alone.
    ///
    /// - Parameters:
    ///   - logits: a row of the model's output; not changed.
    ///   - plan: the request's sampling parameters.
    ///   - tokens: the prompt and what was generated after it.
    ///   - promptCount: how many of the tokens are the prompt.
    /// - Returns: an id below the vocabulary limit.
    public mutating func draw(
        _ logits: UnsafeMutableBufferPointer<Float>, plan: SamplingPlan, tokens: [TokenID], promptCount: Int
    ) -> TokenID {
        let parameters = plan.parameters
        let generatedCount = tokens.count - promptCount
        unsafe row.load(logits, count: vocabularyLimit)
        adjust(plan, tokens: tokens, promptCount: promptCount)
        let maximum = row.findMaxima()
        guard maximum.isFinite, parameters.temperature > 0 else {
            return unsafe likeliest(maximum, of: logits)
        }
        let cutoff = TokenFilters.cutoff(parameters, row: row, maximum: maximum, candidates: &candidates)
        let uniform = RandomDraw.uniform(
            seed: parameters.seed, choice: parameters.choice, position: generatedCount)
        return pick(uniform, cutoff: cutoff, maximum: maximum, scale: 1 / parameters.temperature)
    }

    /// How likely the model itself finds a token in a place, and which ones it finds likeliest.
    ///
    /// - Parameters:
    ///   - logits: a row of the model's output; not changed.
    ///   - token: the token that stands there.
    ///   - count: how many alternatives to report, 0…20.
    /// - Returns: natural logarithms of the softmax over the whole row.
    public mutating func logProbabilities(
        _ logits: UnsafeMutableBufferPointer<Float>, of token: TokenID, alternatives count: Int
    ) -> (logProbability: Float, alternatives: [TokenLogProbability]) {
        unsafe row.load(logits, count: logits.count)
        let maximum = row.findMaxima()
        let normalizer = Double(maximum) + log(row.sumOfWeights(maximum: maximum, scale: 1))
        let own = token.index >= 0 && token.index < row.count ? row[token.index] : -.infinity
        let logProbability = Float(Double(own) - normalizer)
        let limit = min(count, Self.alternativeLimit)
        guard limit > 0 else { return (logProbability, []) }
        if vocabularyLimit < row.count {
            unsafe row.load(logits, count: vocabularyLimit)
            _ = row.findMaxima()
        }
        candidates.collectBest(limit, of: row)
        candidates.sortBestFirst()
        var alternatives: [TokenLogProbability] = []
        alternatives.reserveCapacity(candidates.count)
        for index in 0..<candidates.count {
            let candidate = candidates[index]
            alternatives.append(
                TokenLogProbability(
                    id: TokenID(rawValue: candidate.id),
                    logProbability: Float(Double(candidate.logit) - normalizer)))
        }
        return (logProbability, alternatives)
    }

    /// Biases, the guard of the minimum length and penalties, on the sampler's own copy of the row.
    private mutating func adjust(_ plan: SamplingPlan, tokens: [TokenID], promptCount: Int) {
        for bias in plan.biases where bias.index >= 0 && bias.index < row.count {
            row[bias.index] = bias.value <= -SamplingPlan.exclusiveBias ? -.infinity : row[bias.index] + bias.value
        }
        if tokens.count - promptCount < plan.parameters.minimumTokens {
            for index in plan.minimumGuard where index >= 0 && index < row.count {
                row[index] = -.infinity
            }
        }
        if plan.hasPenalties {
            penalties.apply(plan.parameters, to: &row, tokens: tokens, promptCount: promptCount)
        }
        if !plan.exclusive.isEmpty {
            keepOnly(plan.exclusive)
        }
    }

    /// Bans everything but the given tokens, unless none of them can be drawn.
    private mutating func keepOnly(_ exclusive: [SamplingPlan.Bias]) {
        candidates.removeAll()
        for bias in exclusive where bias.index >= 0 && bias.index < row.count {
            candidates.append(.init(logit: row[bias.index], id: Int32(truncatingIfNeeded: bias.index)))
        }
        row.clear()
        for index in 0..<candidates.count {
            row[Int(candidates[index].id)] = candidates[index].logit
        }
    }

    /// The token with the highest logit and the lowest id; if every token is banned, the model's own favourite.
    private mutating func likeliest(_ maximum: Float, of logits: UnsafeMutableBufferPointer<Float>) -> TokenID {
        if maximum > -.infinity, let index = row.firstIndex(of: maximum) {
            return TokenID(index)
        }
        unsafe row.load(logits, count: vocabularyLimit)
        let ownMaximum = row.findMaxima()
        return TokenID(row.firstIndex(of: ownMaximum) ?? 0)
    }

    /// Walks the tokens that the cutoff admits, in ascending order of ids, up to the fraction `uniform` of their weight.
    private mutating func pick(_ uniform: Double, cutoff: Cutoff, maximum: Float, scale: Float) -> TokenID {
        var left = uniform * row.findWeights(cutoff: cutoff, maximum: maximum, scale: scale)
        var block = 0
        for candidate in 0..<row.blockCount where row.weight(ofBlock: candidate) > 0 {
            block = candidate
            if left < row.weight(ofBlock: candidate) {
                break
            }
            left -= row.weight(ofBlock: candidate)
        }
        // Rounding may leave a rest behind the last token of all; it belongs to that one.
        var picked = 0
        let start = block * LogitRow.blockLength
        for index in start..<min(row.count, start + LogitRow.blockLength) {
            let logit = row[index]
            guard cutoff.admits(logit, id: Int32(truncatingIfNeeded: index)) else { continue }
            let weight = Double(Exponential.value((logit - maximum) * scale))
            guard weight > 0 else { continue }
            picked = index
            left -= weight
            if left < 0 {
                break
            }
        }
        return TokenID(picked)
    }
}
