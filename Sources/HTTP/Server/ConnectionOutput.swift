internal import HTTPTypes
internal import Logging
internal import Sockets

/// The way out: responses to bytes.
extension HTTPConnection {
    /// Sends a whole response in one write.
    func send(_ head: HTTPResponse, body: [UInt8], number: Int) throws(ResponseError) {
        var bytes = try encodeHead(head, byteCount: body.count, number: number)
        if sendsBody {
            if body.count <= limits.lowWaterByteCount {
                bytes += body
                outbound.append(bytes)
            } else {
                outbound.append(bytes)
                outbound.append(body)
            }
        } else {
            outbound.append(bytes)
        }
        responseEnded()
    }

    /// Sends the head of a streamed response, with its first bytes.
    func begin(_ head: HTTPResponse, firstBytes: [UInt8], number: Int) throws(ResponseError) {
        var bytes = try encodeHead(head, byteCount: nil, number: number)
        if sendsBody, let framing = request?.responseFraming {
            ResponseEncoder.append(firstBytes, framing: framing, to: &bytes)
        }
        outbound.append(bytes)
        flush()
        guard isOpen else { throw .peerGone }
    }

    /// Sends more of a streamed response. Waits while too many bytes are outstanding.
    func write(_ bytes: [UInt8], number: Int) async throws(ResponseError) {
        guard let framing = try streamFraming(number: number) else { return }
        var framed: [UInt8] = []
        framed.reserveCapacity(bytes.count + 16)
        ResponseEncoder.append(bytes, framing: framing, to: &framed)
        outbound.append(framed)
        flush()
        guard isOpen else { throw .peerGone }
        guard outbound.isAboveHighWater else { return }
        if Task.isCancelled { throw .cancelled }
        try await waitForRoom(number: number)
    }

    /// Ends a streamed response.
    func finish(number: Int) throws(ResponseError) {
        if try streamFraming(number: number) == .chunked { outbound.append(ResponseEncoder.lastChunk) }
        responseEnded()
    }

    // The framing of the streamed response, or nil when no body is to be sent.
    private func streamFraming(number: Int) throws(ResponseError) -> ResponseEncoder.Framing? {
        guard isOpen, request?.number == number else { throw .peerGone }
        guard state.exchange?.isResponseBegun == true else { throw .alreadyAnswered }
        return sendsBody ? request?.responseFraming : nil
    }

    private var sendsBody: Bool {
        request?.sendsBody ?? false
    }

    private func encodeHead(_ head: HTTPResponse, byteCount: Int?, number: Int) throws(ResponseError) -> [UInt8] {
        guard isOpen, request?.number == number, let minorVersion = request?.head.minorVersion,
            let awaitsContinue = request?.awaitsContinue, let requestID = request?.requestID
        else { throw .peerGone }
        let framing = ResponseEncoder.framing(of: head.status, byteCount: byteCount, minorVersion: minorVersion)
        // A client that still waits for "100 Continue" may or may not send its body now.
        let mayKeepAlive = framing != .untilClose && !awaitsContinue
        guard let keepsAlive = state.responseBegan(number: number, mayKeepAlive: mayKeepAlive) else {
            throw .alreadyAnswered
        }
        request?.responseFraming = framing
        return ResponseEncoder.head(
            head, extras(framing, minorVersion: minorVersion, keepsAlive: keepsAlive, requestID: requestID))
    }

    private func extras(
        _ framing: ResponseEncoder.Framing,
        minorVersion: Int,
        keepsAlive: Bool,
        requestID: String
    ) -> ResponseEncoder.Extras {
        ResponseEncoder.Extras(
            framing: framing, minorVersion: minorVersion, keepsAlive: keepsAlive,
            date: roster.assumeIsolated { $0.date() }, requestID: requestID,
            serverName: service.configuration.serverName)
    }

    private func responseEnded() {
        flush()
        guard isOpen else { return }
        perform(state.responseEnded(hasUnreadBytes: parser.pendingByteCount > 0))
    }

    /// Answers in place of a responder, and ends the connection.
    func refuse(_ error: HTTPError) {
        guard isOpen else { return }
        service.configuration.noteRefusal(error)
        let body = service.configuration.errorBody(error)
        var head = HTTPResponse(status: error.status, headerFields: error.headers)
        head.headerFields[.contentType] = body.contentType
        let requestID = RequestID.make()
        let extras = extras(.length(body.bytes.count), minorVersion: 1, keepsAlive: false, requestID: requestID)
        outbound.append(ResponseEncoder.head(head, extras) + body.bytes)
        service.logger.debug("request refused", metadata: ["request_id": "\(requestID)", "error": "\(error.message)"])
        perform(state.refused())
    }

    /// Sends what is outstanding, as much as the socket takes.
    func flush() {
        guard let socket = socket.take() else { return }
        let wasEmpty = outbound.isEmpty
        let outcome = socket.send(&outbound)
        self.socket = consume socket
        guard case .sent(let count) = outcome else { return close() }
        if outbound.isBelowLowWater, let waiter = request?.roomWaiter {
            request?.roomWaiter = nil
            waiter.resume(returning: .success(()))
        }
        if outbound.isEmpty { everythingSent(wasEmpty: wasEmpty) }
        guard isOpen else { return }
        updateInterest()
        updateDeadline(restarts: count > 0 && !outbound.isEmpty)
    }

    private func everythingSent(wasEmpty: Bool) {
        switch afterSending {
        case .goOn:
            // The next request waited for this response to leave.
            if !wasEmpty, state.phase == .idle { process() }
        case .finishSending:
            afterSending = .goOn
            guard let socket = socket.take() else { return }
            socket.finishSending()
            self.socket = consume socket
        case .close:
            guard let socket = socket.take() else { return }
            socket.sayGoodbye()
            self.socket = consume socket
            close()
        }
    }
}
