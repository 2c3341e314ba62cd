internal import Synchronization

/// Models that come and go while a server runs, as those of a folder, or of a store that is fetched to.
extension ModelRegistry {
    /// The most further names of one model: clients can spell a name in many ways.
    private static let aliasLimit = 16

    /// Has models looked for before each list, and before a name is refused.
    ///
    /// - Parameter look: offers and withdraws what has changed, and does nothing where nothing has. It is given the name that
    ///   somebody asks for, and may lead that to a model (``addAlias(_:of:)``). Called on a thread of its own; it may block.
    public func setDiscovery(_ look: @escaping @Sendable (_ name: String?) -> Void) {
        discovery.withLock { $0 = look }
    }

    /// Looks for models that came or went.
    public func discover(_ name: String? = nil) async {
        guard let look = discovery.withLock({ $0 }) else { return }
        try? await Self.onThread { look(name) }
    }

    /// The same, where no model goes by a name yet.
    public func discoverUnknown(_ name: String?) async {
        let isKnown = table.withLock { $0.index(of: name, answersToAnyName: false) != nil }
        if !isKnown { await discover(name) }
    }

    /// Takes back the offer of a model: nobody finds it any more, and it leaves the memory when its running replies have ended.
    public func withdraw(_ name: String) {
        let loaded = table.withLock { table -> Int? in
            guard let index = table.entries.firstIndex(where: { $0.name == name && $0.offer?.isFound == true }) else {
                return nil
            }
            table.withdraw(index)
            if case .ready = table.entries[index].state { return index }
            return nil
        }
        if let loaded { Task { await evict(loaded) } }
    }

    /// Has a model go by a further name.
    public func addAlias(_ alias: String, of name: String) {
        table.withLock { table in
            guard let index = table.entries.firstIndex(where: { $0.name == name && !$0.isWithdrawn }),
                !table.entries[index].aliases.contains(alias)
            else { return }
            table.entries[index].aliases.append(alias)
            table.entries[index].aliases = table.entries[index].aliases.suffix(Self.aliasLimit)
        }
    }

    /// Whether a model of just this name was not found but told, so that it stays.
    public func holds(_ name: String) -> Bool {
        table.withLock { table in
            table.index(of: name, answersToAnyName: false).map { table.entries[$0].offer?.isFound != true } ?? false
        }
    }
}

extension ModelTable {
    /// Has nobody find a model any more. What is known of its files is forgotten, as another may come by its name.
    mutating func withdraw(_ index: Int) {
        entries[index].isWithdrawn = true
        entries[index].description = nil
        entries[index].defect = nil
        entries[index].aliases = []
        if case .failed = entries[index].state { entries[index].state = .absent }
    }
}
