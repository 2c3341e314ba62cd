internal import Chat

/// How a reply hands out reasoning.
public enum ReasoningDelivery: Sendable, Hashable {
    /// As reasoning, while it comes.
    case apart
    /// As reasoning, in one piece when it is complete.
    case apartAtOnce
    /// As content, between think tags, as the model would write it.
    case inContent
    /// Not at all; it is still generated and counted.
    case omitted
}

/// Turns what a reply says into what its reader is to see of it.
///
/// Whatever the delivery, the answer and the tool calls are the same.
struct ReasoningPresenter {
    /// A delta as it is sent. It is its own where its text is what the model's tokens stand for.
    struct Shown {
        var delta: OutputDelta
        var isOwn = true
    }

    private let delivery: ReasoningDelivery
    /// Reasoning that waits for its end.
    private var held = ""
    /// Whether a think tag stands open in the content.
    private var isOpen = false

    init(_ delivery: ReasoningDelivery) {
        self.delivery = delivery
    }

    mutating func present(_ delta: OutputDelta) -> [Shown] {
        guard case .reasoning(let text) = delta else {
            return end().map { Shown(delta: $0, isOwn: false) } + [Shown(delta: delta)]
        }
        switch delivery {
        case .apart: return [Shown(delta: delta)]
        case .omitted: return []
        case .apartAtOnce:
            held += text
            return []
        case .inContent:
            let opening = isOpen ? "" : "<think>\n"
            isOpen = true
            return [Shown(delta: .content(opening + text), isOwn: false)]
        }
    }

    /// What is left when nothing more will come: a block that the model did not close stays open.
    mutating func finish(isClosed: Bool) -> [OutputDelta] {
        isOpen && !isClosed ? [] : end()
    }

    private mutating func end() -> [OutputDelta] {
        defer {
            held = ""
            isOpen = false
        }
        if isOpen { return [.content("\n</think>\n\n")] }
        return held.isEmpty ? [] : [.reasoning(held)]
    }
}
