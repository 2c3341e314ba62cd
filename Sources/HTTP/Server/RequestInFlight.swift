internal import HTTPTypes

/// What a connection holds while a request is being answered, and only then.
struct RequestInFlight {
    let number: Int
    let head: RequestHead
    let requestID: String
    var task: Task<Void, Never>?

    /// Bytes of the body that have arrived and were not read.
    var bodyBytes: [UInt8] = []
    var isBodyComplete = false
    var bodyError: BodyError?
    /// Whether the responder has begun to read a body that is still arriving.
    var isBodyWanted = false
    /// How many bytes of the body arrived in the current window.
    var windowByteCount = 0
    var awaitsContinue: Bool
    var bodyWaiter: CheckedContinuation<Result<[UInt8]?, BodyError>, Never>?

    var responseFraming = ResponseEncoder.Framing.none
    var roomWaiter: CheckedContinuation<Result<Void, ResponseError>, Never>?

    /// Whether more of its body could be used now.
    func wantsBytes(below limit: Int) -> Bool { !isBodyComplete && isBodyWanted && bodyBytes.count < limit }

    /// Whether its response has a body, as framed.
    var sendsBody: Bool { responseFraming != .none && head.method != .head }

    init(number: Int, head: RequestHead) {
        self.number = number
        self.head = head
        requestID = RequestID.accept(head.headers[.requestID])
        awaitsContinue = head.expectsContinue
    }
}
