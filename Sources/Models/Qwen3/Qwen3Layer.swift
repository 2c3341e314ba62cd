internal import Compute

/// One decoder layer: two branches off the residual stream, attention and feed-forward, each behind its norm.
final class Qwen3Layer {
    private let inputNorm: WeightVector
    private let attention: Qwen3Attention
    private let feedForwardNorm: WeightVector
    private let feedForward: FeedForward
    private let epsilon: Float

    init(
        inputNorm: WeightVector,
        attention: Qwen3Attention,
        feedForwardNorm: WeightVector,
        feedForward: FeedForward,
        epsilon: Float
    ) {
        self.inputNorm = inputNorm
        self.attention = attention
        self.feedForwardNorm = feedForwardNorm
        self.feedForward = feedForward
        self.epsilon = epsilon
    }

    /// Which of its experts were chosen; nil for a dense layer.
    var expertUse: ExpertUse? { feedForward.expertUse }

    /// Adds the layer before's last branch to the residual stream of all rows, then this layer's first one; its second
    /// is left in `step.branch`.
    ///
    /// - Parameters:
    ///   - step: The rows.
    ///   - index: Its place among the layers.
    ///   - plane: Its part of the cache.
    ///   - trace: Called with what the layer begins with, and with the router's logits where it has one.
    func forward(_ step: Qwen3Step, index: Int, plane: KVPlane, trace: ((Qwen3Model.Stage, RowsView) -> Void)?) {
        advance(step, adding: index == 0 ? nil : step.branch, inputNorm, quantizing: attention.inputGroup)
        trace?(.hidden(layer: index), step.hidden)
        attention.forward(into: step.branch, step: step, plane: plane)
        feedForward(step, index: index, trace: trace)
    }

    /// Does no more of that than later rows need which attend to these: as the last layer, for rows of which nothing is read.
    ///
    /// `finish` does the rest of it, for some of the rows.
    func remember(_ step: Qwen3Step, index: Int, plane: KVPlane, trace: ((Qwen3Model.Stage, RowsView) -> Void)?) {
        advance(step, adding: index == 0 ? nil : step.branch, inputNorm, quantizing: attention.inputGroup)
        trace?(.hidden(layer: index), step.hidden)
        attention.remember(step: step, plane: plane)
    }

    func finish(_ step: Qwen3Step, index: Int, plane: KVPlane, trace: ((Qwen3Model.Stage, RowsView) -> Void)?) {
        advance(step, adding: nil, inputNorm, quantizing: attention.inputGroup)
        attention.recall(into: step.branch, step: step, plane: plane)
        feedForward(step, index: index, trace: trace)
    }

    private func feedForward(_ step: Qwen3Step, index: Int, trace: ((Qwen3Model.Stage, RowsView) -> Void)?) {
        advance(step, adding: step.branch, feedForwardNorm, quantizing: feedForward.inputGroup)
        let observer = trace.map { trace in { (logits: RowsView) in trace(.routerLogits(layer: index), logits) } }
        feedForward.forward(into: step.branch, step: step, trace: observer)
    }

    private func advance(
        _ step: Qwen3Step, adding branch: RowsView?, _ norm: WeightVector, quantizing group: ActivationGroup?
    ) {
        unsafe advanceResidual(
            step.hidden,
            adding: branch,
            weight: norm.pointer,
            epsilon: epsilon,
            into: step.normed,
            loading: step.input,
            quantizing: group,
            pool: step.pool
        )
    }
}
