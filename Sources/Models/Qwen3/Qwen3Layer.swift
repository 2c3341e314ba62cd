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

    /// Adds both branches to the residual stream of all rows.
    ///
    /// `plane` is this layer's part of the cache; `trace` is called with the router's logits where the layer has one.
    func forward(_ step: Qwen3Step, plane: KVPlane, trace: ((RowsView) -> Void)?) {
        let (hidden, normed, branch) = (step.hidden, step.normed, step.branch)
        unsafe normalize(hidden, weight: inputNorm.pointer, epsilon: epsilon, into: normed, pool: step.pool)
        attention.forward(normed, into: branch, step: step, plane: plane)
        add(branch, to: hidden, pool: step.pool)
        unsafe normalize(hidden, weight: feedForwardNorm.pointer, epsilon: epsilon, into: normed, pool: step.pool)
        feedForward.forward(normed, into: branch, step: step, trace: trace)
        add(branch, to: hidden, pool: step.pool)
    }
}
