public import Compute

/// What one forward pass made. A view of the model's scratch memory: valid until the next pass.
public struct ForwardOutput {
    /// Of the rows that asked for them, in their order.
    public var logits: Logits
    /// The residual stream behind the final norm, `[rows × hidden]`: of the rows that asked for it, in their order.
    public var states: RowsView

    public init(logits: Logits, states: RowsView) {
        self.logits = logits
        self.states = states
    }
}
