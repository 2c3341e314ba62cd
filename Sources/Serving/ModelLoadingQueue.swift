internal import Foundation
internal import Synchronization

extension ModelRegistry {
    /// The model of a name for as long as the lease is kept; it is loaded first where it is not in memory.
    ///
    /// Models are loaded one after another in the order in which they were asked for, and those that need room wait until
    /// others have left: so a request that came first is served first.
    ///
    /// Nil and the empty name stand for the first model. It is waited for no longer than the limit.
    ///
    /// - Throws: ``ServingError``; `CancellationError` where the task is cancelled. The model is loaded all the same.
    public func lease(named name: String?, within limit: Duration?) async throws -> ModelLease {
        if !isDraining, knows(name), let lease = try leaseIfReady(named: name) { return lease }
        // Its files may be gone, or have come.
        await discover(name)
        let ticket = table.withLock { $0.ticket() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let timer = limit.map { limit in
                    Task { [self] in
                        try await clock.sleep(limit)
                        dismiss(ticket, ServingError.timedOut)
                    }
                }
                join(
                    name,
                    ModelTable.Waiter(ticket: ticket, continuation: continuation, arrival: clock.now(), timer: timer))
                if Task.isCancelled { dismiss(ticket, CancellationError()) }
            }
        } onCancel: {
            dismiss(ticket, CancellationError())
        }
    }

    private func join(_ name: String?, _ waiter: ModelTable.Waiter) {
        enum Outcome {
            case refused(ServingError)
            case given(ServedModel, Int)
            case waits(begins: Bool)
        }
        let now = clock.now()
        let outcome = table.withLock { table -> Outcome in
            guard !table.isDraining else { return .refused(.draining) }
            switch find(name, in: table) {
            case .failure(let error): return .refused(error)
            case .success(let index):
                if let model = table.take(index, now: now) { return .given(model, index) }
                if let error = refusal(table.entries[index], now: now) { return .refused(error) }
                guard table.entries[index].offer != nil else {
                    return .refused(.modelLoading(name: table.entries[index].name))
                }
                return .waits(begins: table.join(index, waiter))
            }
        }
        switch outcome {
        case .refused(let error): waiter.resume(throwing: error)
        case .given(let model, let index):
            waiter.resume(ModelLease(model, index: index, registry: self))
        case .waits(let begins):
            if begins { Task { await loadQueue() } }
        }
    }

    private func dismiss(_ ticket: Int, _ error: any Error) {
        table.withLock { $0.dismiss(ticket) }?.resume(throwing: error)
    }

    /// Loads what requests wait for until none waits.
    private func loadQueue() async {
        while let (index, offer) = nextToLoad() {
            do {
                // One that is just leaving is loaded again when it is gone.
                await leave(index)
                let model = try await load(index, offer)
                changes.add(ModelChange(name: offer.name, kind: .loaded))
                finish(index, model)
            } catch {
                changes.add(ModelChange(name: offer.name, kind: .failed))
                returnMemory()
                let now = clock.now()
                let waiters = table.withLock { $0.failLoading(index, reason: "\(error)", now: now) }
                for waiter in waiters {
                    waiter.resume(throwing: ServingError.modelLoadFailed(name: offer.name, reason: "\(error)"))
                }
            }
        }
    }

    private func nextToLoad() -> (Int, ModelOffer)? {
        table.withLock { table in
            while let index = table.nextToLoad() {
                if let offer = table.entries[index].offer { return (index, offer) }
            }
            return nil
        }
    }

    private func finish(_ index: Int, _ model: ServedModel) {
        let now = clock.now()
        let (waiters, step) = table.withLock { $0.finishLoading(index, model, now: now) }
        for waiter in waiters {
            waiter.resume(ModelLease(model, index: index, registry: self, waitingTime: now - waiter.arrival))
        }
        perform(step, index)
    }

    /// Loads a model, for which others leave where there is no room beside them.
    private func load(_ index: Int, _ offer: ModelOffer) async throws -> ServedModel {
        table.withLock { $0.entries[index].state = .loading }
        while true {
            let taken = table.withLock { $0.takenByteCount(besides: index) }
            let planned = try await Self.onThread { try offer.plan(taken) }
            guard let refusal = planned.refusal else {
                table.withLock { $0.entries[index].byteCount = planned.byteCount }
                return try await Self.onThread(planned.load)
            }
            guard let victim = table.withLock({ $0.victim(besides: index) }) else {
                throw ModelStartupError(refusal)
            }
            await evict(victim)
        }
    }

    /// Runs what blocks for long on a thread of its own.
    static func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Result { try work() }) }
            thread.name = "ponder-loading"
            thread.stackSize = 8 << 20
            thread.start()
        }
    }
}

extension ModelTable.Waiter {
    func resume(_ lease: ModelLease) {
        timer?.cancel()
        continuation.resume(returning: lease)
    }
}
