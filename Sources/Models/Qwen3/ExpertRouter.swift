internal import Compute

/// Chooses each row's experts: softmax over all, then the best few, in a fixed order for each row.
struct ExpertRouter {
    /// `[experts × hidden]`.
    let weights: WeightMatrix
    /// Whether the chosen experts' shares are scaled to sum to one (`norm_topk_prob`).
    let normalizesWeights: Bool

    /// Routes the step's input rows, `[rows × hidden]`. `trace` sees the logits, `[rows × experts]`.
    func forward(_ step: Qwen3Step, routing: ExpertRouting, trace: ((RowsView) -> Void)?) {
        multiply(step.input, by: weights, into: step.routerLogits, pool: step.pool)
        trace?(step.routerLogits)
        route(step.routerLogits, renormalizes: normalizesWeights, into: routing, pool: step.pool)
    }
}
