internal import APIDoors
internal import Serving

/// A chat completion that has begun.
struct ChatReply: ChunkedReply {
    let stream: ChatStream
    let delivery: ReplyDelivery
    let identity: ReplyIdentity
    let likelihoods: ReplyLikelihoods
    let warnings: [RequestWarning]
    /// Nil where nobody asked.
    let effective: EffectiveBody?

    var isStreamed: Bool { delivery.streams }
    var frames: ChatStreamFrames { ChatStreamFrames(self) }
    var whole: ChatResult { ChatResult(choiceCount: stream.choiceCount) }

    func body(of whole: ChatResult) -> [UInt8] {
        ChatCompletionBody(reply: self, result: whole).bytes
    }

    var names: [String] { [identity.id] + delivery.names }
}
