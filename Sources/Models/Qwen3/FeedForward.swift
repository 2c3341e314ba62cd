internal import Compute

/// A layer's feed-forward block: dense, or a mixture of experts.
enum FeedForward {
    case dense(DenseFeedForward)
    case mixture(MixtureOfExperts)

    /// How its first matrices want their input quantised, or nil.
    var inputGroup: ActivationGroup? {
        switch self {
        case .dense(let dense): dense.inputGroup
        case .mixture(let mixture): mixture.inputGroup
        }
    }

    /// Which of its experts were chosen; nil where it is dense.
    var expertUse: ExpertUse? {
        switch self {
        case .dense: nil
        case .mixture(let mixture): mixture.use
        }
    }

    /// The step's input rows, `[rows × hidden]`, to `[rows × hidden]`.
    func forward(into result: RowsView, step: Qwen3Step, trace: ((RowsView) -> Void)?) {
        switch self {
        case .dense(let dense): dense.forward(into: result, step: step)
        case .mixture(let mixture): mixture.forward(into: result, step: step, trace: trace)
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

    var inputGroup: ActivationGroup? { .wanted(by: gate.format, up.format) }

    func forward(into result: RowsView, step: Qwen3Step) {
        multiplyGated(
            step.input,
            gate: gate,
            up: up,
            into: step.gates,
            loading: step.gatedInput,
            quantizing: down.format.activationGroup,
            pool: step.pool
        )
        multiply(step.gatedInput, by: down, into: result, pool: step.pool)
    }
}
