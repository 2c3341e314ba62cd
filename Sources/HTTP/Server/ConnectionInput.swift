internal import HTTPTypes
internal import Logging
internal import Sockets

/// The way in: bytes to requests and their bodies.
extension HTTPConnection {
    private static let discardByteLimit = 262_144

    /// Reads once; the loop comes back as long as more is there.
    func readSome() {
        guard let socket = socket.take() else { return }
        let isLingering = state.phase == .lingering
        let outcome = loop.withReadBuffer { buffer in
            let outcome = socket.receive(into: &buffer)
            if case .received(let count) = outcome, !isLingering { parser.append(buffer[..<count]) }
            return outcome
        }
        self.socket = consume socket
        switch outcome {
        case .received: process()
        case .wouldBlock: updateInterest()
        case .ended: inputEnded()
        case .unencrypted: refuse(HTTPError(.badRequest, "This port speaks TLS: use https:// here."))
        case .failed(let error):
            service.logger.debug("connection broken", metadata: ["error": "\(error)"])
            close()
        }
    }

    private func inputEnded() {
        peerHasFinished = true
        let allowsHalfClose = service.configuration.allowsHalfClose
        guard allowsHalfClose, state.phase == .lingering, !outbound.isEmpty else { return close() }
        afterSending = .close
        updateInterest(exactly: true)
    }

    /// Parses what has arrived, as far as the state allows.
    func process() {
        do {
            while try processNext() {}
        } catch {
            parsingFailed(error)
        }
        guard isOpen else { return }
        parser.shrink()
        startTask()
        updateInterest()
        updateDeadline()
    }

    // Returns whether to go on.
    private func processNext() throws(HTTPError) -> Bool {
        switch state.phase {
        case .closed, .lingering: return false
        case .answering:
            guard request?.isBodyComplete == false else { return false }
        case .idle, .readingHead, .discarding: break
        }
        guard let event = try parser.next() else {
            if parser.isInsideRequest { state.headBegan() }
            return false
        }
        switch event {
        case .head(let head):
            request = RequestInFlight(number: state.headArrived(keepsAlive: head.keepsAlive), head: head)
        case .body(let bytes): bodyArrived(bytes)
        case .end: bodyEnded()
        }
        return isOpen
    }

    private func bodyArrived(_ bytes: [UInt8]) {
        guard request != nil else { return discarded(bytes.count) }
        request?.windowByteCount += bytes.count
        request?.awaitsContinue = false
        if let waiter = request?.bodyWaiter {
            request?.bodyWaiter = nil
            waiter.resume(returning: .success(bytes))
        } else {
            request?.bodyBytes += bytes
        }
    }

    // A little is read and dropped so that the connection can go on; for much, a new connection is cheaper.
    private func discarded(_ byteCount: Int) {
        discardedByteCount += byteCount
        if discardedByteCount > Self.discardByteLimit { perform(state.refused()) }
    }

    private func bodyEnded() {
        discardedByteCount = 0
        request?.isBodyComplete = true
        if let waiter = request?.bodyWaiter {
            request?.bodyWaiter = nil
            waiter.resume(returning: .success(nil))
        }
        perform(state.requestEnded())
    }

    private func parsingFailed(_ error: HTTPError) {
        if state.phase == .discarding { return close() }
        guard case .answering = state.phase else { return refuse(error) }
        let isTooLarge = error.code == .requestTooLarge
        bodyBroke(isTooLarge ? .tooLarge(limit: limits.bodyByteLimit) : .malformed(error.message))
    }

    /// The body cannot be read to its end. The responder is told and answers; then the connection ends.
    func bodyBroke(_ error: BodyError) {
        guard request != nil else { return close() }
        state.requestBroke()
        request?.bodyError = error
        request?.isBodyWanted = false
        if let waiter = request?.bodyWaiter {
            request?.bodyWaiter = nil
            waiter.resume(returning: .failure(error))
        }
        updateDeadline()
    }

    /// The next bytes of the body, for the request's task. Waits for them.
    func nextBodyPart(of number: Int) async throws(BodyError) -> [UInt8]? {
        guard isOpen, let current = request, current.number == number else { throw .peerGone }
        if !current.bodyBytes.isEmpty {
            request?.bodyBytes = []
            updateInterest()
            return current.bodyBytes
        }
        if let error = current.bodyError { throw error }
        if current.isBodyComplete { return nil }
        guard current.bodyWaiter == nil else { throw .malformed("it is being read twice") }
        if Task.isCancelled { throw .cancelled }
        request?.isBodyWanted = true
        sendContinueIfAwaited()
        guard isOpen else { throw .peerGone }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                request?.bodyWaiter = continuation
                updateInterest()
                updateDeadline()
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.stopWaiting(number: number) } }
        }
        return try result.get()
    }

    private func sendContinueIfAwaited() {
        guard request?.awaitsContinue == true, state.exchange?.isResponseBegun == false else { return }
        request?.awaitsContinue = false
        outbound.append(ResponseEncoder.continueHead)
        flush()
    }

    /// The request's task was cancelled: it is not to wait any longer.
    private func stopWaiting(number: Int) {
        guard request?.number == number else { return }
        let (body, room) = (request?.bodyWaiter, request?.roomWaiter)
        request?.bodyWaiter = nil
        request?.roomWaiter = nil
        body?.resume(returning: .failure(.cancelled))
        room?.resume(returning: .failure(.cancelled))
        updateDeadline()
    }

    /// Waits for room, for the request's task, in the same way.
    func waitForRoom(number: Int) async throws(ResponseError) {
        let result: Result<Void, ResponseError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                request?.roomWaiter = continuation
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.stopWaiting(number: number) } }
        }
        try result.get()
    }
}
