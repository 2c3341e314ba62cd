internal import Compute

/// Chooses each row's experts: softmax over all, then the best few, in a fixed order for each row.
struct ExpertRouter {
    /// `[experts × hidden]`.
    let weights: WeightMatrix
    /// Whether the chosen experts' shares are scaled to sum to one (`norm_topk_prob`).
    let normalizesWeights: Bool

    /// Routes all rows, `[rows × hidden]`, into the step's routing. `trace` sees the logits, `[rows × experts]`.
    func forward(_ input: RowsView, step: Qwen3Step, routing: ExpertRouting, trace: ((RowsView) -> Void)?) {
        step.input.load(input)
        multiply(step.input, by: weights, into: step.routerLogits, pool: step.pool)
        trace?(step.routerLogits)
        route(step.routerLogits, renormalizes: normalizesWeights, into: routing, pool: step.pool)
    }
}
