internal import Engine

/// The models of a server, and what is to become of them: a value that decides and does nothing, so that every decision can
/// be tested without files, threads and clocks.
///
/// A model with an offer goes from *absent* by *loading* to *ready*, and by *leaving* back to *absent*. While it is leaving it
/// takes no request, and is gone when its last one has ended; who asks for it meanwhile waits until it is loaded again.
struct ModelTable {
    typealias Instant = ContinuousClock.Instant

    /// How long a model that could not be loaded is not tried again: clients that retry blindly would load it in a loop.
    static let failureTime = Duration.seconds(30)

    enum State {
        case absent
        /// Loaded by the server's start: requests are told to come back.
        case starting
        /// Requests wait for it.
        case loading
        case ready(ServedModel)
        case leaving(ServedModel)
        /// Until then it is not tried again; without a time, never.
        case failed(reason: String, until: Instant?)
    }

    /// A request that waits for its model.
    struct Waiter {
        var ticket: Int
        var continuation: CheckedContinuation<ModelLease, any Error>
        var arrival: Instant
        /// Ends the wait at the request's deadline.
        var timer: Task<Void, any Error>?
    }

    struct Entry {
        let name: String
        var aliases: [String]
        var offer: ModelOffer?
        var state: State
        var description: ModelDescription?
        /// Why the files could not be described.
        var defect: String?
        /// The most bytes of memory that it takes, while it is loaded or starting.
        var byteCount = 0
        /// How many hold it.
        var useCount = 0
        var lastUse: Instant
        var keepAlive: Duration?
        /// Changes whenever the one who watches its idleness is no longer wanted.
        var watchNumber = 0
        var isWatched = false
        var waiters: [Waiter] = []
        /// What was counted while it was in memory before.
        var past: ModelReading?
        /// Whether its files are gone: nobody finds it any more.
        var isWithdrawn = false
        /// Who waits until it is gone.
        var leavers: [CheckedContinuation<Void, Never>] = []
    }

    /// What has to be done about a model.
    enum Step {
        case nothing
        /// It is leaving, and nobody holds it.
        case leave
        /// Look at it again at this time.
        case watch(number: Int, Duration)
    }

    var entries: [Entry] = []
    /// Models that requests wait for, in the order in which they are loaded.
    private(set) var queue: [Int] = []
    /// Whether somebody loads the models of the queue.
    private(set) var isLoading = false
    var isDraining = false
    private var nextTicket = 0

    /// The models that can be asked for.
    var offered: [Int] { entries.indices.filter { !entries[$0].isWithdrawn } }

    /// The model of a name or alias; the first for nil and for the empty name.
    func index(of name: String?, answersToAnyName: Bool) -> Int? {
        let first = entries.firstIndex { !$0.isWithdrawn }
        guard let name, !name.isEmpty else { return first }
        let match =
            entries.firstIndex { !$0.isWithdrawn && $0.name == name }
            ?? entries.firstIndex { !$0.isWithdrawn && $0.aliases.contains(name) }
        return match ?? (answersToAnyName ? first : nil)
    }

    /// Puts a model in its place, which is new where none had its name.
    mutating func set(_ name: String, aliases: [String] = [], now: Instant, _ change: (inout Entry) -> Void) {
        let known = entries.firstIndex { $0.name == name }
        let index = known ?? entries.count
        if known == nil {
            entries.append(Entry(name: name, aliases: aliases, state: .absent, lastUse: now))
        }
        change(&entries[index])
    }

    /// The model, held once more; nil where it is not in memory, or answers nothing any more.
    mutating func take(_ index: Int, now: Instant) -> ServedModel? {
        guard case .ready(let model) = entries[index].state, model.engine.failure == nil else { return nil }
        entries[index].useCount += 1
        entries[index].lastUse = now
        return model
    }

    /// Somebody holds the model no longer.
    mutating func release(_ index: Int, now: Instant) -> Step {
        entries[index].useCount -= 1
        entries[index].lastUse = now
        if case .leaving = entries[index].state { return entries[index].useCount == 0 ? .leave : .nothing }
        return idleStep(index, now: now)
    }

    /// What follows from a model's having become idle, or from another time to keep it.
    private mutating func idleStep(_ index: Int, now: Instant) -> Step {
        guard entries[index].useCount == 0, case .ready(let model) = entries[index].state,
            entries[index].offer != nil, let keepAlive = entries[index].keepAlive
        else { return .nothing }
        let rest = entries[index].lastUse + keepAlive - now
        guard rest > .zero else {
            entries[index].state = .leaving(model)
            return .leave
        }
        guard !entries[index].isWatched else { return .nothing }
        entries[index].isWatched = true
        return .watch(number: entries[index].watchNumber, rest)
    }

    /// A watch has come to its end.
    mutating func endWatch(_ index: Int, number: Int, now: Instant) -> Step {
        guard entries[index].watchNumber == number else { return .nothing }
        entries[index].isWatched = false
        return idleStep(index, now: now)
    }

    /// Has a model stay so long after its last request; nil without an end.
    mutating func keep(_ index: Int, for keepAlive: Duration?, now: Instant) -> Step {
        entries[index].keepAlive = keepAlive
        entries[index].watchNumber += 1
        entries[index].isWatched = false
        return idleStep(index, now: now)
    }

    /// A new name for a request that waits.
    mutating func ticket() -> Int {
        nextTicket += 1
        return nextTicket
    }

    /// Lets a request wait for a model. Returns whether somebody has to begin loading.
    mutating func join(_ index: Int, _ waiter: Waiter) -> Bool {
        entries[index].waiters.append(waiter)
        if !queue.contains(index) {
            switch entries[index].state {
            case .absent, .failed:
                entries[index].state = .loading
                queue.append(index)
            case .leaving: queue.append(index)
            case .loading, .starting, .ready: break
            }
        }
        guard !isLoading, !queue.isEmpty else { return false }
        isLoading = true
        return true
    }

    /// A request that waits no longer.
    mutating func dismiss(_ ticket: Int) -> Waiter? {
        for index in entries.indices {
            guard let place = entries[index].waiters.firstIndex(where: { $0.ticket == ticket }) else { continue }
            return entries[index].waiters.remove(at: place)
        }
        return nil
    }

    /// All requests that wait, which wait no longer.
    mutating func dismissAll() -> [Waiter] {
        var waiters: [Waiter] = []
        for index in entries.indices {
            waiters += entries[index].waiters
            entries[index].waiters = []
        }
        return waiters
    }

    /// Has a model tried again that could not be loaded.
    mutating func forgetFailure(_ index: Int) {
        guard case .failed(_, .some) = entries[index].state else { return }
        entries[index].state = .absent
        entries[index].defect = nil
    }

    /// The next model to load; nil where none is, and then nobody loads any more. Models that nobody waits for are left out.
    mutating func nextToLoad() -> Int? {
        while let index = queue.first {
            queue.removeFirst()
            guard entries[index].waiters.isEmpty || isDraining else { return index }
            if case .loading = entries[index].state { entries[index].state = .absent }
        }
        isLoading = false
        return nil
    }

    /// Bytes that models in memory take, or may come to take, besides this one.
    func takenByteCount(besides index: Int) -> Int {
        entries.indices.reduce(0) { $1 == index ? $0 : $0 + entries[$1].byteCount }
    }

    /// Which model makes room for another: one that is leaving anyway, else the one whose last use is the longest ago, those
    /// that no request uses first. Nil where there is none that could be loaded again.
    func victim(besides index: Int) -> Int? {
        let candidates = entries.indices.filter { candidate in
            guard candidate != index, entries[candidate].offer != nil else { return false }
            switch entries[candidate].state {
            case .ready, .leaving: return true
            case .absent, .starting, .loading, .failed: return false
            }
        }
        return candidates.min { rank($0) < rank($1) }
    }

    private func rank(_ index: Int) -> (Int, Instant) {
        if case .leaving = entries[index].state { return (0, entries[index].lastUse) }
        return (entries[index].useCount == 0 ? 1 : 2, entries[index].lastUse)
    }

    /// Has a model leave once nobody holds it any more; `leaver` waits until it is gone. False where it is not in memory.
    mutating func evict(_ index: Int, _ leaver: CheckedContinuation<Void, Never>) -> (isThere: Bool, Step) {
        switch entries[index].state {
        case .leaving:
            entries[index].leavers.append(leaver)
            return (true, .nothing)
        case .ready(let model):
            entries[index].leavers.append(leaver)
            entries[index].state = .leaving(model)
            return (true, entries[index].useCount == 0 ? .leave : .nothing)
        default: return (false, .nothing)
        }
    }

    /// The model is gone, and its memory with it. Returns who waited for that.
    mutating func finishLeaving(_ index: Int, _ reading: ModelReading) -> [CheckedContinuation<Void, Never>] {
        guard case .leaving(let model) = entries[index].state else { return [] }
        entries[index].description = entries[index].isWithdrawn ? nil : model.description
        entries[index].state = .absent
        entries[index].byteCount = 0
        entries[index].past = reading.asPast(behind: entries[index].past)
        entries[index].watchNumber += 1
        entries[index].isWatched = false
        defer { entries[index].leavers = [] }
        return entries[index].leavers
    }

    /// The model is there. Returns who waited for it, each of whom holds it now, and what follows if there is nobody.
    mutating func finishLoading(_ index: Int, _ model: ServedModel, now: Instant) -> ([Waiter], Step) {
        entries[index].state = .ready(model)
        entries[index].defect = nil
        entries[index].keepAlive = entries[index].offer?.keepAlive
        entries[index].lastUse = now
        let waiters = entries[index].waiters
        entries[index].waiters = []
        entries[index].useCount += waiters.count
        return (waiters, idleStep(index, now: now))
    }

    /// The model cannot be loaded. Returns who waited for it.
    mutating func failLoading(_ index: Int, reason: String, now: Instant) -> [Waiter] {
        entries[index].state = .failed(reason: reason, until: now + Self.failureTime)
        entries[index].byteCount = 0
        defer { entries[index].waiters = [] }
        return entries[index].waiters
    }
}
