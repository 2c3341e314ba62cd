package import JSON
package import TestSupport
package import Tokens

/// Replies of random tokens, tags and fragments of text: what a model might say that was never taught to speak.
package struct RandomReply {
    package let tokens: [TokenID]

    private static let fragments = [
        "<think>", "</think>", "<tool_call>", "</tool_call>", "\n", "\n\n", "Hello", " world", "日本", "é", "👩‍🚀",
        "{\"name\": \"fetch\", \"arguments\": {\"a\": 1}}", "STOP", "ST", " ", "<|endoftext|>",
        "<tool_call>\n{\"name\": \"fetch\", \"arguments\": {\"a\": 1}}\n</tool_call>",
    ]

    package init(of model: TestModel, _ random: inout SeededGenerator) {
        var reply: [TokenID] = Bool.random(using: &random) ? model.tokens("<think>\n") : []
        for _ in 0..<Int.random(in: 0...14, using: &random) {
            if Int.random(in: 0..<4, using: &random) == 0 {
                reply.append(TokenID(Int.random(in: 0..<256, using: &random)))
            } else {
                reply += model.tokens(Self.fragments[Int.random(in: Self.fragments.indices, using: &random)])
            }
        }
        tokens = reply
    }

    /// A maximum of tokens: half of them cut such replies, half leave room for their thoughts.
    package static func maximum(_ random: inout SeededGenerator) -> JSONValue {
        .number(Int.random(in: 1...(Bool.random(using: &random) ? 20 : 300), using: &random))
    }
}
