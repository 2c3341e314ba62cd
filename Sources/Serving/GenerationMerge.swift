internal import Engine

/// What comes out of several generations that are read as one.
enum MergedEvents: Sendable {
    /// All that is new of one of them.
    case events(index: Int, [GenerationEvent])
    /// Time has passed.
    case pulse
}

/// Reads several generations until the last has ended, each as fast as `receive` takes its events.
///
/// Cancelling the task, or an error of `receive`, cancels them all; a cancelled generation still tells its end.
///
/// While `receive` works on one generation's events, at most one more wake-up of each other one waits: what is new
/// beyond that stays in the engine's mailboxes.
func forEachEvent(
    of generations: [Generation], pulse: Duration?, _ receive: (MergedEvents) async throws -> Void
) async throws {
    enum Wake: Sendable {
        case events(index: Int, [GenerationEvent]?)
        case pulse
        case lastPulse
    }
    try await withThrowingTaskGroup(of: Wake.self) { group in
        func addRead(_ index: Int) {
            let generation = generations[index]
            group.addTask {
                let events = generation.makeAsyncIterator()
                return .events(index: index, await events.next())
            }
        }
        func addPulse() {
            guard let pulse else { return }
            group.addTask {
                do {
                    try await Task.sleep(for: pulse)
                    return .pulse
                } catch {
                    return .lastPulse
                }
            }
        }
        generations.indices.forEach(addRead)
        addPulse()
        var openCount = generations.count
        while openCount > 0, let wake = try await group.next() {
            switch wake {
            case .events(_, nil):
                openCount -= 1
            case .events(let index, .some(let events)):
                try await receive(.events(index: index, events))
                addRead(index)
            case .pulse:
                try await receive(.pulse)
                addPulse()
            case .lastPulse:
                break
            }
        }
        group.cancelAll()
    }
}
