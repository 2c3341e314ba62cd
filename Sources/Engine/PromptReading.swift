public import Tokens

/// What is read where a prompt ends, instead of generating behind it.
public enum PromptReading: Hashable, Sendable {
    /// The model's state behind its final norm, `hiddenSize` numbers.
    case state
    /// The logits of these tokens, in this order.
    case logits([TokenID])
}
