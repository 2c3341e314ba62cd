internal import Engine
internal import Synchronization

extension ModelRegistry {
    /// All models in the order of their announcement, as they stand.
    ///
    /// Files of models that were never loaded are read now, once: their heads and tokenizers.
    public func listings() async -> [ModelListing] {
        await discover()
        await describe(only: nil)
        let now = clock.now()
        return table.withLock { table in table.offered.map { table.entries[$0].listing(now: now) } }
    }

    /// One of them.
    public func listing(named name: String?) async throws(ServingError) -> ModelListing {
        await discover(name)
        let index = try table.withLock { find(name, in: $0) }.get()
        await describe(only: index)
        let now = clock.now()
        return table.withLock { $0.entries[index].listing(now: now) }
    }

    private func describe(only: Int?) async {
        for (index, offer) in undescribed() where only == nil || only == index {
            let found = try? await Self.onThread { Result { try offer.describe() } }
            table.withLock { table in
                switch found {
                case .success(let description): table.entries[index].description = description
                case .failure(let error): table.entries[index].defect = "\(error)"
                case nil: break
                }
            }
        }
    }

    /// What metrics tell of the models: of those in memory, and of those that were.
    public var readings: [ModelReading] {
        table.withLock { table in
            table.entries.compactMap { entry in
                switch entry.state {
                case .ready(let model), .leaving(let model):
                    let reading = ModelReading(of: model)
                    return entry.past.map(reading.following) ?? reading
                case .absent, .starting, .loading, .failed: return entry.past
                }
            }
        }
    }

    /// How often each model was loaded for a request, given up, or could not be loaded.
    public var changeCounts: [ModelChange: Int] { changes.values }

    private func undescribed() -> [(Int, ModelOffer)] {
        table.withLock { table in
            table.entries.enumerated().compactMap { index, entry in
                guard let offer = entry.offer, entry.description == nil, entry.defect == nil, !entry.isWithdrawn
                else { return nil }
                switch entry.state {
                case .absent, .failed: return (index, offer)
                case .starting, .loading, .ready, .leaving: return nil
                }
            }
        }
    }
}

extension ModelTable.Entry {
    func listing(now: ContinuousClock.Instant) -> ModelListing {
        var listing = ModelListing(
            name: name, aliases: aliases, creationTime: offer?.creationTime ?? 0, status: .unloaded, failure: defect,
            description: description, byteCount: 0, timeLeft: nil)
        switch state {
        case .absent: break
        case .starting, .loading: listing.status = .loading
        case .ready(let model), .leaving(let model):
            listing.status = .loaded
            listing.failure = model.engine.failure
            listing.description = model.description
            listing.creationTime = model.creationTime
            listing.byteCount = byteCount
            let since = useCount > 0 ? now : lastUse
            listing.timeLeft = offer == nil ? nil : keepAlive.map { max(.zero, since + $0 - now) }
        case .failed(let reason, _): listing.failure = reason
        }
        return listing
    }
}
