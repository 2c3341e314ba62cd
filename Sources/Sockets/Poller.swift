internal import CLinux

/// Whom a loop tells about a socket. Both verbs are called on the loop.
package protocol PollHandler: AnyObject, Sendable {
    /// The socket has become ready.
    func socketBecameReady(_ readiness: Readiness)
    /// The deadline set for this registration has passed.
    func deadlinePassed()
}

/// Names a registration with a poller. A token of a registration that has ended is never mistaken for its successor.
package struct PollToken: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt32

    var bits: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

    init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    init(bits: UInt64) {
        slot = UInt32(truncatingIfNeeded: bits)
        generation = UInt32(truncatingIfNeeded: bits >> 32)
    }
}

/// One epoll set and the handlers of its descriptors.
///
/// Slots are reused; each carries a generation, so that an event of a closed socket that was already taken from the
/// kernel in the same batch is dropped. See epoll(7), "If using an event cache".
struct Poller: ~Copyable {
    private struct Slot {
        var handler: (any PollHandler)?
        var generation: UInt32 = 0
        /// The tick of the wheel entry that counts; entries with another tick are stale.
        var armedTick: UInt64?
        var deadlineTick: UInt64?
    }

    /// How many events one poll takes at most.
    static let batchLimit = 256

    let set: OwnedDescriptor
    private var readyTokens: [UInt64]
    private var readyBits: [UInt32]
    private var slots: [Slot]
    private var freeSlots: [UInt32]

    init() throws(SocketError) {
        set = OwnedDescriptor(try SocketError.check(linux_epoll_create(), "epoll_create1"))
        readyTokens = [UInt64](repeating: 0, count: Self.batchLimit)
        readyBits = [UInt32](repeating: 0, count: Self.batchLimit)
        slots = []
        freeSlots = []
    }

    /// How many descriptors are registered.
    var count: Int { slots.count - freeSlots.count }

    /// Starts watching a descriptor.
    mutating func register(
        _ descriptor: Int32,
        interest: Readiness,
        handler: any PollHandler
    ) throws(SocketError) -> PollToken {
        let index: UInt32
        if let free = freeSlots.popLast() {
            index = free
        } else {
            index = UInt32(slots.count)
            slots.append(Slot())
        }
        let token = PollToken(slot: index, generation: slots[Int(index)].generation)
        let result = linux_epoll_control(set.number, EPOLL_CTL_ADD, descriptor, interest.rawValue, token.bits)
        guard result == 0 else {
            freeSlots.append(index)
            throw SocketError(operation: "epoll_ctl add", code: -result)
        }
        slots[Int(index)].handler = handler
        return token
    }

    /// Changes what a descriptor is watched for.
    func setInterest(_ interest: Readiness, of descriptor: Int32, token: PollToken) throws(SocketError) {
        let result = linux_epoll_control(set.number, EPOLL_CTL_MOD, descriptor, interest.rawValue, token.bits)
        _ = try SocketError.check(result, "epoll_ctl modify")
    }

    /// Stops watching a descriptor. Called before the descriptor is closed.
    mutating func deregister(_ descriptor: Int32, token: PollToken) {
        guard isCurrent(token) else { return }
        _ = linux_epoll_control(set.number, EPOLL_CTL_DEL, descriptor, 0, 0)
        let generation = slots[Int(token.slot)].generation &+ 1
        slots[Int(token.slot)] = Slot(generation: generation)
        freeSlots.append(token.slot)
    }

    /// Watches a bell, for no handler: that it rings is all. Each ring counts once, so that nobody has to read it.
    func watch(_ bell: borrowing OwnedDescriptor) throws(SocketError) {
        let interest = EPOLLIN.rawValue | EPOLLET.rawValue
        let result = linux_epoll_control(set.number, EPOLL_CTL_ADD, bell.number, interest, UInt64.max)
        _ = try SocketError.check(result, "epoll_ctl add")
    }

    /// Takes what is ready, and waits for it up to `timeout` milliseconds, without end for -1. Returns how many events there are, up
    /// to the batch limit.
    mutating func poll(timeout: Int32 = 0) -> Int {
        let count = unsafe readyTokens.withUnsafeMutableBufferPointer { tokens in
            unsafe readyBits.withUnsafeMutableBufferPointer { bits in
                unsafe linux_epoll_poll(
                    set.number, tokens.baseAddress, bits.baseAddress, Int32(Self.batchLimit), timeout)
            }
        }
        return max(0, Int(count))
    }

    /// One of the events that the last poll took.
    func event(at index: Int) -> (token: PollToken, readiness: Readiness) {
        (PollToken(bits: readyTokens[index]), Readiness(rawValue: readyBits[index]))
    }

    /// The handler of a registration, or nil when that has ended.
    func handler(of token: PollToken) -> (any PollHandler)? {
        isCurrent(token) ? slots[Int(token.slot)].handler : nil
    }

    /// Sets or clears a registration's deadline. Returns the tick to put it on the wheel for, if it is not there yet.
    mutating func setDeadline(_ tick: UInt64?, of token: PollToken) -> UInt64? {
        guard isCurrent(token) else { return nil }
        let index = Int(token.slot)
        slots[index].deadlineTick = tick
        guard let tick else { return nil }
        // A later deadline leaves the entry where it is; it moves on when it comes up.
        if let armed = slots[index].armedTick, armed <= tick { return nil }
        slots[index].armedTick = tick
        return tick
    }

    /// What to do with a wheel entry that came up.
    mutating func entryCameUp(_ token: PollToken, armedFor armed: UInt64, now: UInt64) -> WheelVerdict {
        guard isCurrent(token), slots[Int(token.slot)].armedTick == armed else { return .drop }
        let index = Int(token.slot)
        slots[index].armedTick = nil
        guard let deadline = slots[index].deadlineTick else { return .drop }
        guard deadline <= now else {
            slots[index].armedTick = deadline
            return .again(at: deadline)
        }
        slots[index].deadlineTick = nil
        return .passed
    }

    private func isCurrent(_ token: PollToken) -> Bool {
        token.slot < slots.count && slots[Int(token.slot)].generation == token.generation
    }
}

/// What becomes of a wheel entry that came up.
enum WheelVerdict: Equatable {
    case drop
    case again(at: UInt64)
    case passed
}
