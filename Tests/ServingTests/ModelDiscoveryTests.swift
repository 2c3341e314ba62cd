import ServingTestSupport
import Synchronization
import Testing

@testable import Serving

@Suite struct ModelDiscoveryTests {
    private func offer(_ name: String) -> ModelOffer {
        var offer = ModelOffer(name: name) {
            try Self.model(name).description
        } plan: { _ in
            PlannedModel(byteCount: 1) { try Self.model(name) }
        }
        offer.isFound = true
        return offer
    }

    private static func model(_ name: String) throws -> ServedModel {
        var options = TestModel.Options()
        options.name = name
        return try TestModel(options).served
    }

    @Test func `a name that nobody bears is looked for before it is refused`() async throws {
        let registry = ModelRegistry()
        let asked = Mutex<[String?]>([])
        registry.setDiscovery { name in
            asked.withLock { $0.append(name) }
            if name == "late" { registry.offer(offer("late")) }
        }
        #expect(try await registry.lease(named: "late", within: nil).model.name == "late")
        await #expect(throws: ServingError.self) { _ = try await registry.lease(named: "never", within: nil) }
        #expect(asked.withLock { $0 } == ["late", "never"])
        // One that is in memory is not looked for.
        _ = try await registry.lease(named: "late", within: nil)
        await registry.discoverUnknown("late")
        #expect(asked.withLock { $0.count } == 2)
    }

    @Test func `a model that is withdrawn is found by nobody, and by its name another can come`() async throws {
        let registry = ModelRegistry()
        registry.offer(offer("a"))
        registry.offer(offer("b"))
        registry.addAlias("also-b", of: "b")
        #expect(try await registry.lease(named: "also-b", within: nil).model.name == "b")
        registry.withdraw("b")
        #expect(await registry.listings().map(\.name) == ["a"])
        #expect(!registry.knows("b") && !registry.knows("also-b") && !registry.serves("b"))
        registry.offer(offer("b"))
        #expect(await registry.listings().map(\.name) == ["a", "b"])
        #expect(try await registry.lease(named: "b", within: nil).model.name == "b")
    }

    @Test func `without a name the first that is left answers`() async throws {
        let registry = ModelRegistry()
        registry.offer(offer("a"))
        registry.offer(offer("b"))
        registry.withdraw("a")
        #expect(try await registry.lease(named: nil, within: nil).model.name == "b")
    }

    @Test func `a model that was told stays`() async {
        let registry = ModelRegistry()
        var told = offer("told")
        told.isFound = false
        registry.offer(told)
        registry.withdraw("told")
        #expect(registry.holds("told") && registry.serves("told"))
    }

    @Test func `a model has only so many further names`() {
        let registry = ModelRegistry()
        registry.offer(offer("a"))
        for number in 0..<40 { registry.addAlias("a\(number)", of: "a") }
        #expect(registry.knows("a39") && !registry.knows("a0"))
    }
}
