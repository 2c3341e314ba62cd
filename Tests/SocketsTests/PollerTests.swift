import Testing

@testable import Sockets

private final class Recorder: PollHandler {
    func socketBecameReady(_ readiness: Readiness) {}
    func deadlinePassed() {}
}

struct PollerTests {
    @Test func anEventOfAClosedSocketIsNotMistakenForItsSuccessor() throws {
        var poller = try Poller()
        let first = try StreamSocket.pair()
        let second = try StreamSocket.pair()
        let old = try poller.register(first.first.descriptor.number, interest: .writable, handler: Recorder())
        #expect(poller.poll() == 1)
        #expect(poller.event(at: 0).token == old)
        poller.deregister(first.first.descriptor.number, token: old)
        let successor = Recorder()
        let new = try poller.register(second.first.descriptor.number, interest: .writable, handler: successor)
        #expect(new.slot == old.slot && new != old)
        #expect(poller.handler(of: old) == nil)
        #expect(poller.handler(of: new) === successor)
        #expect(poller.count == 1)
    }

    @Test func aPeerThatEndsIsNoticedWithoutReading() throws {
        var poller = try Poller()
        let pair = try StreamSocket.pair()
        let token = try poller.register(pair.first.descriptor.number, interest: .peerFinished, handler: Recorder())
        var queue = OutboundQueue()
        queue.append([1, 2, 3])
        _ = pair.second.send(&queue)
        #expect(poller.poll() == 0)
        pair.second.finishSending()
        #expect(poller.poll() == 1)
        #expect(poller.event(at: 0).token == token)
        #expect(poller.event(at: 0).readiness.contains(.peerFinished))
    }

    @Test func aDeadlineThatMovesLaterIsKeptOnce() throws {
        var poller = try Poller()
        let pair = try StreamSocket.pair()
        let token = try poller.register(pair.first.descriptor.number, interest: [], handler: Recorder())
        #expect(poller.setDeadline(5, of: token) == 5)
        #expect(poller.setDeadline(9, of: token) == nil)
        #expect(poller.entryCameUp(token, armedFor: 5, now: 5) == .again(at: 9))
        #expect(poller.setDeadline(7, of: token) == 7)
        #expect(poller.entryCameUp(token, armedFor: 7, now: 7) == .passed)
        #expect(poller.entryCameUp(token, armedFor: 9, now: 9) == .drop)
        #expect(poller.setDeadline(nil, of: token) == nil)
    }
}
