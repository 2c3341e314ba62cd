internal import APIDoors
internal import Serving

/// A response that has begun.
struct ResponseReply: DialectReply {
    let stream: ChatStream
    let call: ResponsesCall
    /// What its object has besides items and outcome.
    let head: ResponseBody
    /// Nil where the client does not want it kept.
    let store: ResponseStore?
    /// Whose it is, where keys are asked for.
    let key: KeyDigest?

    var isStreamed: Bool { call.streams }
    var names: [String] { [head.identity.id] }
    var warnings: [RequestWarning] { head.warnings }
    var frames: ResponseFrames { ResponseFrames(reply: self) }
    var whole: ResponseFold { ResponseFold(carriesReasoning: call.includesCarriedReasoning) }

    /// The whole response object, which is kept.
    func body(of whole: ResponseFold) -> [UInt8] {
        let body = head.bytes(whole.items.items, whole.outcome)
        store?.add(
            ResponseStore.Response(body: body, conversation: call.conversation + [whole.items.message]),
            id: head.identity.id, of: key)
        return body
    }
}

/// The items of a response and how it ended.
struct ResponseFold: ReplyFold {
    private(set) var items: ResponseItems
    private(set) var outcome = ResponseBody.Outcome.inProgress
    /// What the last event came to.
    private(set) var steps: [ResponseItems.Step] = []
    private var finish: ChatFinish?

    init(carriesReasoning: Bool) {
        items = ResponseItems(carriesReasoning: carriesReasoning)
    }

    mutating func add(_ event: ChatEvent) {
        steps = []
        switch event {
        case .delta(_, let delta, _): steps = items.add(delta)
        case .finished(_, let finish): self.finish = finish
        case .progress: break
        }
    }

    mutating func end(_ usage: TokenUsage) {
        outcome = .finished(finish, usage)
        steps = items.finish(isCut: outcome.isCut)
    }

    mutating func fail(_ error: APIError) {
        outcome = .failed(error)
    }
}
