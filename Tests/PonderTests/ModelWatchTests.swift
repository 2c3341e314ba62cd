import Foundation
import Logging
import Serving
import TestSupport
import Testing

@testable import ponder

@Suite struct ModelWatchTests {
    private static let longAgo = Date(timeIntervalSinceNow: -3600)

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: "\(folder)/inner", withIntermediateDirectories: true)
        try await body(folder)
    }

    private func age(_ folder: String) throws {
        for path in ["\(folder)/inner", folder] {
            try FileManager.default.setAttributes([.modificationDate: Self.longAgo], ofItemAtPath: path)
        }
    }

    @Test func `stamps are current until a name comes or goes at any depth`() async throws {
        try await withFolder { folder in
            #expect(!FolderStamps(of: [folder]).areCurrent, "what was just changed may change again unseen")
            try age(folder)
            let stamps = FolderStamps(of: [folder, "/nowhere"])
            #expect(stamps.areCurrent)
            try Data().write(to: URL(filePath: "\(folder)/inner/a.gguf"))
            #expect(!stamps.areCurrent)
            try age(folder)
            let later = FolderStamps(of: [folder])
            try FileManager.default.removeItem(atPath: "\(folder)/inner")
            #expect(!later.areCurrent)
        }
    }

    @Test func `models that are put there are offered, and vanish with their files`() async throws {
        try await withFolder { folder in
            var settings = ServeSettings()
            settings.modelsFolder = folder
            settings.models = [NamedModel(name: "told", path: "/m/told.gguf")]
            let search = ModelSearch(folder: folder, library: nil)
            let registry = ModelRegistry()
            let catalog = try ModelCatalog(settings, found: search.models())
            let logger = Logger(label: "test")
            for entry in catalog.entries { registry.offer(catalog.offer(entry, logger: logger)) }
            let watch = ModelWatch(
                search, since: FolderStamps(of: search.roots), catalog: catalog, registry: registry, logger: logger)
            registry.setDiscovery(watch.look)
            #expect(await registry.listings().map(\.name) == ["told"])

            let model = "\(folder)/inner/new.gguf"
            try FileManager.default.createSymbolicLink(
                atPath: model, withDestinationPath: Fixtures.path("models/dense-tied/gguf/dense-tied-Q8_0.gguf"))
            try Data().write(to: URL(filePath: "\(folder)/told.gguf"))
            let listings = await registry.listings()
            #expect(listings.map(\.name) == ["told", "new"])
            #expect(listings.last?.description != nil)
            #expect(!registry.holds("new") && registry.holds("told"))

            try FileManager.default.removeItem(atPath: model)
            #expect(await registry.listings().map(\.name) == ["told"])
            await #expect(throws: ServingError.self) { _ = try await registry.lease(named: "new", within: nil) }
        }
    }
}
