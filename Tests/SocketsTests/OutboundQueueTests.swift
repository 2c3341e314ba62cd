import Testing

@testable import Sockets

struct OutboundQueueTests {
    @Test func bytesLeaveInOrderThroughASocketThatTakesLittleAtATime() throws {
        let pair = try StreamSocket.pair()
        var queue = OutboundQueue()
        var expected: [UInt8] = []
        for index in 0..<2_000 {
            let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: index % 977)
            expected += piece
            queue.append(piece)
        }
        #expect(queue.byteCount == expected.count)
        #expect(queue.isAboveHighWater)
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 5_000)
        while received.count < expected.count {
            guard case .sent = pair.first.send(&queue), case .received(let count) = pair.second.receive(into: &buffer)
            else {
                Issue.record("the sockets are broken")
                return
            }
            received += buffer[..<count]
        }
        #expect(received == expected)
        #expect(queue.isEmpty && queue.isBelowLowWater)
        #expect(pair.second.receive(into: &buffer) == .wouldBlock)
        pair.first.finishSending()
        #expect(pair.second.receive(into: &buffer) == .ended)
    }
}
