internal import Synchronization

/// The fixed set of loops that share the connections.
public final class EventLoopGroup: Sendable {
    /// The loops, at least one.
    package let loops: [EventLoop]
    private let turn = Atomic<Int>(0)

    /// Starts `loopCount` loops; deadlines are kept to within `tickInterval`.
    public init(loopCount: Int = 1, tickInterval: Duration = .milliseconds(250)) throws(SocketError) {
        var loops: [EventLoop] = []
        for index in 0..<max(1, loopCount) {
            loops.append(try EventLoop(label: "ponder.loop.\(index)", tickInterval: tickInterval))
        }
        self.loops = loops
    }

    /// Which loop takes the next connection: each in turn. An index into `loops`.
    package func nextIndex() -> Int {
        let turn = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        return Int(UInt(bitPattern: turn) % UInt(loops.count))
    }

    /// Ends all loops, once their sockets are closed.
    public func stop() {
        for loop in loops { loop.stop() }
    }
}
