internal import Engine
internal import Synchronization

/// What happened to a model that is loaded on demand.
public struct ModelChange: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case loaded
        case unloaded
        case failed
    }

    public var name: String
    public var kind: Kind
}

extension ModelRegistry {
    /// Has a model stay in memory for so long after its last request, until it is loaded the next time; nil without an end.
    /// Returns false for a model whose time requests have no say in.
    @discardableResult
    public func keep(_ name: String?, for keepAlive: Duration?) throws(ServingError) -> Bool {
        let now = clock.now()
        let found = table.withLock { table in
            find(name, in: table).map { index -> (Int, ModelTable.Step?) in
                guard let offer = table.entries[index].offer, !offer.isPinned else { return (index, nil) }
                return (index, table.keep(index, for: keepAlive, now: now))
            }
        }
        let (index, step) = try found.get()
        perform(step ?? .nothing, index)
        return step != nil
    }

    /// Gives a model up when its running replies have ended, as if nobody had asked for it for long; where there are none,
    /// returns when it is gone. Returns false for a model whose time requests have no say in.
    public func giveUp(_ name: String?) async throws(ServingError) -> Bool {
        guard try keep(name, for: .zero) else { return false }
        await leave(try table.withLock { find(name, in: $0) }.get())
        return true
    }

    /// Forgets that a model could not be loaded, or stopped, so that it is tried again. Returns when what is left of one that
    /// stopped is gone.
    public func forgetFailure(_ name: String?) async {
        let stopped = table.withLock { table -> Int? in
            guard case .success(let index) = find(name, in: table) else { return nil }
            table.forgetFailure(index)
            guard case .ready(let model) = table.entries[index].state, model.engine.failure != nil,
                table.entries[index].offer != nil
            else { return nil }
            return index
        }
        if let stopped { await evict(stopped) }
    }

    /// Gives a model up: its running replies end first, and requests that come meanwhile have it loaded again. Returns when its
    /// memory is free.
    public func unload(_ name: String?) async throws(ServingError) {
        let index = try table.withLock { find(name, in: $0) }.get()
        guard table.withLock({ $0.entries[index].offer != nil }) else {
            throw .unsupportedValue(
                field: .model, message: "This model cannot be unloaded: nothing says how to load it again.")
        }
        await evict(index)
    }

    /// Returns when a model is gone, if it is leaving.
    func leave(_ index: Int) async {
        let isLeaving = table.withLock { table in
            if case .leaving = table.entries[index].state { true } else { false }
        }
        if isLeaving { await evict(index) }
    }

    /// Has a model leave when nobody holds it any more, and returns when it is gone.
    func evict(_ index: Int) async {
        await withCheckedContinuation { (leaver: CheckedContinuation<Void, Never>) in
            let (isThere, step) = table.withLock { $0.evict(index, leaver) }
            if !isThere { leaver.resume() }
            perform(step, index)
        }
    }

    /// Somebody holds the model no longer.
    func release(_ index: Int) {
        let now = clock.now()
        perform(table.withLock { $0.release(index, now: now) }, index)
    }

    func perform(_ step: ModelTable.Step, _ index: Int) {
        switch step {
        case .nothing: return
        case .leave: Task { await finishLeaving(index) }
        case .watch(let number, let time):
            Task { [weak self, clock] in
                try? await clock.sleep(time)
                guard let self else { return }
                let now = clock.now()
                perform(table.withLock { $0.endWatch(index, number: number, now: now) }, index)
            }
        }
    }

    private func finishLeaving(_ index: Int) async {
        let leavers = await drain(index)
        returnMemory()
        for leaver in leavers {
            leaver.resume()
        }
    }

    /// Ends a model's engine, which frees its memory and threads; when this returns, nothing holds the model any more.
    private func drain(_ index: Int) async -> [CheckedContinuation<Void, Never>] {
        guard case .leaving(let model) = table.withLock({ $0.entries[index].state }) else { return [] }
        await model.engine.drain(deadline: .zero)
        changes.add(ModelChange(name: model.name, kind: .unloaded))
        let reading = ModelReading(of: model)
        return table.withLock { $0.finishLeaving(index, reading) }
    }
}
