internal import Compute

/// A layer whose rows visit a few of many experts. The whole batch's rows are grouped by expert, so that each expert's
/// weights are read once; a row sums its experts in its own order of choice.
final class MixtureOfExperts {
    private let router: ExpertRouter
    private let experts: ExpertLayer
    let use: ExpertUse

    init(layer: Int, router: ExpertRouter, experts: ExpertLayer) {
        self.router = router
        self.experts = experts
        use = ExpertUse(layer: layer, expertCount: experts.gate.expertCount)
    }

    var inputGroup: ActivationGroup? {
        .wanted(by: router.weights.format, experts.gate.format, experts.up.format)
    }

    func forward(into result: RowsView, step: Qwen3Step, trace: ((RowsView) -> Void)?) {
        guard let mixture = step.mixture else { preconditionFailure("A sparse model's scratch holds a routing.") }
        router.forward(step, routing: mixture.routing, trace: trace)
        use.add(mixture.routing, rowCount: step.normed.count)
        multiplyExperts(
            step.input,
            by: experts,
            routing: mixture.routing,
            into: result,
            scratch: mixture.scratch,
            pool: step.pool
        )
    }
}
