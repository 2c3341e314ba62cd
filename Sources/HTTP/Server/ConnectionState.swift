/// What a connection is doing, and what follows from what happens to it. Pure: no socket, no clock, no task.
struct ConnectionState: Equatable, Sendable {
    /// The phases, in the order in which a request passes through them.
    enum Phase: Equatable, Sendable {
        /// Between requests.
        case idle
        /// Part of a head has arrived.
        case readingHead
        /// A request is being answered.
        case answering(Exchange)
        /// The response is out; the rest of the request's body is dropped so that the connection can be used again.
        case discarding
        /// The last response is out; what the client still sends is dropped so that it can read the response.
        case lingering
        /// Over.
        case closed
    }

    /// One request and its response.
    struct Exchange: Equatable, Sendable {
        /// Counts the connection's requests: late calls for an earlier one are told apart.
        var number: Int
        var isRequestComplete: Bool
        var isResponseBegun = false
        var keepsAlive: Bool
    }

    /// What is to be done.
    enum Action: Equatable {
        case none
        /// Read on: the next request may come.
        case readNext
        /// Read and drop the rest of the body.
        case discard
        /// Send what is outstanding, end the stream, and wait for the client to close.
        case linger
        /// Send what is outstanding, then close.
        case closeWhenSent
        /// Close at once. A request in flight is cancelled.
        case close
    }

    private(set) var phase = Phase.idle
    private(set) var isDraining = false
    private var requestCount = 0

    /// Whether no request has begun on this connection yet.
    var isUnused: Bool { requestCount == 0 }

    /// The request that is being answered.
    var exchange: Exchange? {
        if case .answering(let exchange) = phase { exchange } else { nil }
    }

    /// The first bytes of a head have arrived.
    mutating func headBegan() {
        if phase == .idle { phase = .readingHead }
    }

    /// A head is complete. Returns the number of the exchange.
    mutating func headArrived(keepsAlive: Bool) -> Int {
        requestCount += 1
        phase = .answering(
            Exchange(number: requestCount, isRequestComplete: false, keepsAlive: keepsAlive && !isDraining))
        return requestCount
    }

    /// The request has arrived to its end.
    mutating func requestEnded() -> Action {
        switch phase {
        case .answering(var exchange):
            exchange.isRequestComplete = true
            phase = .answering(exchange)
            return .none
        case .discarding:
            phase = isDraining ? .lingering : .idle
            return isDraining ? .closeWhenSent : .readNext
        default: return .none
        }
    }

    /// A response is about to begin. Returns whether the connection will be kept, or nil if none may begin.
    mutating func responseBegan(number: Int, mayKeepAlive: Bool) -> Bool? {
        guard case .answering(var exchange) = phase, exchange.number == number, !exchange.isResponseBegun else {
            return nil
        }
        exchange.isResponseBegun = true
        exchange.keepsAlive = exchange.keepsAlive && mayKeepAlive && !isDraining
        phase = .answering(exchange)
        return exchange.keepsAlive
    }

    /// The response was handed over to its end.
    mutating func responseEnded(hasUnreadBytes: Bool) -> Action {
        guard case .answering(let exchange) = phase else { return .none }
        if exchange.keepsAlive, !isDraining {
            phase = exchange.isRequestComplete ? .idle : .discarding
            return exchange.isRequestComplete ? .readNext : .discard
        }
        phase = .lingering
        return exchange.isRequestComplete && !hasUnreadBytes ? .closeWhenSent : .linger
    }

    /// The request cannot be read any further; it was refused, or its body broke off.
    mutating func requestBroke() {
        guard case .answering(var exchange) = phase else { return }
        exchange.keepsAlive = false
        phase = .answering(exchange)
    }

    /// A refusal has been written in place of a response.
    mutating func refused() -> Action {
        phase = .lingering
        return .linger
    }

    /// The peer has ended its direction of the stream.
    mutating func peerFinished(allowsHalfClose: Bool) -> Action {
        switch phase {
        case .answering(let exchange) where allowsHalfClose && exchange.isRequestComplete:
            requestBroke()
            return .none
        case .closed: return .none
        default: return .close
        }
    }

    /// The server wants to end.
    mutating func drain() -> Action {
        isDraining = true
        guard phase == .idle else { return .none }
        phase = .lingering
        return .closeWhenSent
    }

    /// The socket is closed.
    mutating func closed() {
        phase = .closed
    }
}
