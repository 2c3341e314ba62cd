import Testing

@testable import HTTP

struct ConnectionStateTests {
    private func answering(keepsAlive: Bool = true, isRequestComplete: Bool = true) -> ConnectionState {
        var state = ConnectionState()
        state.headBegan()
        let number = state.headArrived(keepsAlive: keepsAlive)
        if isRequestComplete { #expect(state.requestEnded() == .none) }
        #expect(state.responseBegan(number: number, mayKeepAlive: true) != nil)
        return state
    }

    @Test func aConnectionIsUsedAgain() {
        var state = answering()
        #expect(state.responseEnded(hasUnreadBytes: false) == .readNext)
        #expect(state.phase == .idle)
    }

    @Test func aResponseBeginsOnlyOnceAndOnlyForItsRequest() {
        var state = answering()
        #expect(state.responseBegan(number: 1, mayKeepAlive: true) == nil)
        _ = state.responseEnded(hasUnreadBytes: false)
        let second = state.headArrived(keepsAlive: true)
        #expect(state.responseBegan(number: 1, mayKeepAlive: true) == nil)
        #expect(state.responseBegan(number: second, mayKeepAlive: true) == true)
    }

    @Test func anUnreadBodyIsDroppedBeforeTheNextRequest() {
        var state = answering(isRequestComplete: false)
        #expect(state.responseEnded(hasUnreadBytes: true) == .discard)
        #expect(state.requestEnded() == .readNext)
    }

    @Test func theLastResponseLingersIfTheClientStillSends() {
        var state = answering(keepsAlive: false, isRequestComplete: false)
        #expect(state.responseEnded(hasUnreadBytes: false) == .linger)
        var complete = answering(keepsAlive: false)
        #expect(complete.responseEnded(hasUnreadBytes: false) == .closeWhenSent)
    }

    @Test func aPeerThatEndsWhileItIsAnsweredIsGone() {
        var state = answering()
        #expect(state.peerFinished(allowsHalfClose: false) == .close)
        var tolerant = answering()
        #expect(tolerant.peerFinished(allowsHalfClose: true) == .none)
        #expect(tolerant.responseEnded(hasUnreadBytes: false) == .closeWhenSent)
    }

    @Test func drainingClosesIdleConnectionsAndLetsRequestsEnd() {
        var idle = ConnectionState()
        #expect(idle.drain() == .closeWhenSent)
        var busy = answering()
        #expect(busy.drain() == .none)
        #expect(busy.responseEnded(hasUnreadBytes: false) == .closeWhenSent)
        var dropping = answering(isRequestComplete: false)
        _ = dropping.responseEnded(hasUnreadBytes: false)
        _ = dropping.drain()
        #expect(dropping.requestEnded() == .closeWhenSent)
    }
}
