internal import Compute

/// A layer's feed-forward block: dense, or a mixture of experts.
enum FeedForward {
    case dense(DenseFeedForward)
    case mixture(MixtureOfExperts)

    /// `[rows × hidden]` to `[rows × hidden]`.
    func forward(_ input: RowsView, into result: RowsView, step: Qwen3Step, trace: ((RowsView) -> Void)?) {
        switch self {
        case .dense(let dense): dense.forward(input, into: result, step: step)
        case .mixture(let mixture): mixture.forward(input, into: result, step: step, trace: trace)
        }
    }
}

/// SwiGLU: down(silu(gate(x)) · up(x)).
final class DenseFeedForward {
    private let gate: WeightMatrix
    private let up: WeightMatrix
    private let down: WeightMatrix

    init(gate: WeightMatrix, up: WeightMatrix, down: WeightMatrix) {
        self.gate = gate
        self.up = up
        self.down = down
    }

    func forward(_ input: RowsView, into result: RowsView, step: Qwen3Step) {
        step.input.load(input)
        multiply(step.input, by: gate, into: step.gates, pool: step.pool)
        multiply(step.input, by: up, into: step.ups, pool: step.pool)
        activate(gate: step.gates, up: step.ups, into: step.gates, pool: step.pool)
        step.input.load(step.gates)
        multiply(step.input, by: down, into: result, pool: step.pool)
    }
}
