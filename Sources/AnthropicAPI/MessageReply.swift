internal import APIDoors
internal import Serving

/// A message that has begun.
struct MessageReply: DialectReply {
    let stream: ChatStream
    let isStreamed: Bool
    /// What its object has besides blocks and end.
    let head: MessageBody
    /// What errors name.
    let requestID: String

    var warnings: [RequestWarning] { head.warnings }
    var names: [String] { [head.identity.id] }
    var frames: MessageFrames { MessageFrames(head, promptTokenCount: stream.promptTokenCount, requestID: requestID) }
    var whole: MessageFold { MessageFold() }

    func body(of whole: MessageFold) -> [UInt8] {
        head.bytes(of: whole.steps, finish: whole.finish, usage: whole.usage)
    }
}

/// The blocks of a message and how it ended.
struct MessageFold: ReplyFold {
    private(set) var steps: [MessageBlocks.Step] = []
    private(set) var finish: ChatFinish?
    private(set) var usage = TokenUsage()
    private var blocks = MessageBlocks()

    mutating func add(_ event: ChatEvent) {
        switch event {
        case .delta(_, let delta, _): steps += blocks.add(delta)
        case .finished(_, let finish): self.finish = finish
        case .progress: break
        }
    }

    mutating func end(_ usage: TokenUsage) {
        steps += blocks.finish()
        self.usage = usage
    }

    /// What is new since the last call, for those who show it as it comes.
    mutating func takeSteps() -> [MessageBlocks.Step] {
        defer { steps = [] }
        return steps
    }
}
