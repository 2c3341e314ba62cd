package import Chat
internal import Synchronization
internal import TestSupport
package import Tokenization

/// The tokenizer and the chat formats of test models, each read once: hundreds of tests have a model of their own, and reading
/// these would cost more than most of them do. Neither changes.
package enum SharedFixtures {
    private static let formats = Mutex<[String: ChatFormat]>([:])

    package static let tokenizer: Result<Tokenizer, any Error> = Result {
        try Tokenizer(tokenizerFile: Fixtures.bytes("models/dense-tied/hf/tokenizer.json"))
    }

    /// The format of a template among the fixtures, for that tokenizer.
    package static func chatFormat(_ template: String) throws -> ChatFormat {
        try formats.withLock { formats in
            if let format = formats[template] { return format }
            let text = String(decoding: try Fixtures.bytes(template), as: UTF8.self)
            let format = try ChatFormat(template: text, tokenizer: tokenizer.get())
            formats[template] = format
            return format
        }
    }
}
