/// What closed a think block.
public enum ReasoningEnd: Hashable, Sendable {
    /// The model itself.
    case natural
    /// The thinking budget was spent: the stop phrase was forced.
    case budget
    /// The model would have ended its turn inside the block: the closing tag was put in place of the end.
    case endOfText
    /// The model would have begun a tool call inside the block: the closing tag was put in place of the call's.
    case toolCall
    /// The time for thinking was over: the stop phrase was forced.
    case time
    /// Whoever reads the reply asked for its answer: the stop phrase was forced.
    case request
    /// The thinking went round in a loop: the stop phrase was forced.
    case loop
}
