internal import Chat
internal import JSON
internal import Serving

/// The blocks of a reply as its text comes in: what streams show and what whole replies are put together from.
struct MessageBlocks {
    /// What a block is.
    enum Kind: Equatable {
        case thinking
        case text
        case toolUse(id: String, name: String)
    }

    /// What happens to the blocks, in order. One block ends before the next begins.
    enum Step: Equatable {
        case began(index: Int, Kind)
        case added(index: Int, Kind, String)
        /// A block of thinking ends with its signature.
        case ended(index: Int, signature: String?)
    }

    private var index = -1
    private var open: Kind?
    private var signature = ThinkingSignature()

    /// What a piece of output comes to.
    mutating func add(_ delta: OutputDelta) -> [Step] {
        switch delta {
        case .reasoning(let text):
            signature.add(text)
            return append(text, to: .thinking)
        case .content(let text): return append(text, to: .text)
        case .toolCallBegan(_, let id, let name): return begin(.toolUse(id: id, name: name))
        case .toolCallArguments(_, let text):
            guard let open, !text.isEmpty else { return [] }
            return [.added(index: index, open, text)]
        }
    }

    /// Ends the last block.
    mutating func finish() -> [Step] {
        guard let open else { return [] }
        self.open = nil
        return [.ended(index: index, signature: open == .thinking ? signature.text : nil)]
    }

    private mutating func append(_ text: String, to kind: Kind) -> [Step] {
        let steps = open == kind ? [] : begin(kind)
        return steps + [.added(index: index, kind, text)]
    }

    private mutating func begin(_ kind: Kind) -> [Step] {
        let end = finish()
        index += 1
        open = kind
        return end + [.began(index: index, kind)]
    }
}

/// Stands for a text of thinking, as clients of this API want to hand it back: the same for the same text.
///
/// It proves nothing to anybody: thinking in a later request is taken as it comes. FNV-1a.
struct ThinkingSignature {
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ text: String) {
        for byte in text.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
    }

    var text: String { "ponder-" + String(hash, radix: 16) }
}
