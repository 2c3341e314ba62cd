import Foundation
import Serving
import TestSupport
import Testing

@testable import ponder

@Suite struct ModelCatalogTests {
    /// A folder with files of these names, and no content.
    private func withFolder<Result>(_ files: [String], _ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for file in files {
            try Data().write(to: URL(filePath: "\(folder)/\(file)"))
        }
        return try body(folder)
    }

    private func catalog(_ models: [String], _ change: (inout ServeSettings) -> Void = { _ in }) throws -> ModelCatalog
    {
        var settings = ServeSettings()
        settings.models = models.compactMap(NamedModel.init)
        change(&settings)
        let search = ModelSearch(folder: settings.modelsFolder, library: nil)
        return try ModelCatalog(settings, found: search.models())
    }

    private func preloaded(_ catalog: ModelCatalog) -> [String] {
        catalog.entries.filter(\.isPreloaded).map(\.name)
    }

    @Test func `without a model there is the one in the executable`() throws {
        let catalog = try catalog([])
        #expect(catalog.entries.map(\.name) == ["built-in"])
        #expect(preloaded(catalog) == ["built-in"])
        #expect(!catalog.hasSeveral)
    }

    @Test func `the first of several is loaded at the start, and has what was said of one`() throws {
        let catalog = try catalog(["/m/a.gguf", "second=/m/b.gguf", "/m/c/"]) { settings in
            settings.alias = "first"
            settings.furtherAliases = ["one"]
            settings.draftModel = "draft.gguf"
            settings.chatTemplateFile = "a.jinja"
            settings.context = 512
        }
        #expect(catalog.entries.map(\.name) == ["first", "second", "c"])
        #expect(catalog.entries.map(\.settings.alias) == ["first", "second", "c"])
        #expect(catalog.entries.map(\.aliases) == [["one"], [], []])
        #expect(catalog.entry(named: "one")?.name == "first")
        #expect(catalog.entries.map(\.settings.draftModel) == ["draft.gguf", nil, nil])
        #expect(catalog.entries.map(\.settings.chatTemplateFile) == ["a.jinja", nil, nil])
        #expect(catalog.entries.map(\.settings.context) == [512, 512, 512])
        #expect(preloaded(catalog) == ["first"])
    }

    @Test func `models of a folder are loaded on demand, and named ones come first`() throws {
        try withFolder(["x.gguf", "y.gguf"]) { folder in
            let alone = try catalog([]) { $0.modelsFolder = folder }
            #expect(alone.entries.map(\.name) == ["x", "y"])
            #expect(preloaded(alone) == [])
            let both = try catalog(["/m/y.gguf"]) { $0.modelsFolder = folder }
            #expect(both.entries.map(\.name) == ["y", "x"])
            #expect(both.leftOut == ["\(folder)/y.gguf"])
            #expect(preloaded(both) == ["y"])
            let chosen = try catalog(["/m/y.gguf"]) { settings in
                settings.modelsFolder = folder
                settings.preload = ["x"]
            }
            #expect(preloaded(chosen) == ["x"])
        }
        try withFolder([]) { folder in
            let empty = try catalog([]) { $0.modelsFolder = folder }
            #expect(empty.entries.isEmpty)
        }
    }

    @Test func `what cannot be meant is refused`() throws {
        #expect(throws: SettingsError.self) { _ = try catalog(["/m/a.gguf", "/n/a.gguf"]) }
        #expect(throws: SettingsError.self) { _ = try catalog(["/m/a.gguf"]) { $0.preload = ["b"] } }
    }

    @Test func `models stay in memory as the settings say`() throws {
        func offers(_ idle: IdleUnload) throws -> [ModelOffer] {
            let catalog = try catalog(["a.gguf", "b.gguf"]) { $0.idleUnload = idle }
            return catalog.entries.map { catalog.offer($0, logger: .init(label: "test")) }
        }
        #expect(try offers(.automatic).map(\.keepAlive) == [nil, .seconds(300)])
        #expect(try offers(.automatic).map(\.isPinned) == [true, false])
        #expect(try offers(.never).map(\.keepAlive) == [nil, nil])
        #expect(try offers(.after(.seconds(9))).map(\.keepAlive) == [.seconds(9), .seconds(9)])
        #expect(try offers(.after(.seconds(9))).map(\.isPinned) == [false, false])
    }

    @Test func `a plan goes by the memory that others leave`() throws {
        let path = Fixtures.path("models/dense-tied/hf")
        var settings = ServeSettings()
        settings.models = [NamedModel(name: "a", path: path), NamedModel(name: "b", path: path)]
        settings.memoryLimit = 1 << 30
        settings.kvCacheMemory = 1 << 20
        let catalog = try ModelCatalog(settings, freeMemory: 1 << 40)
        let offer = catalog.offer(catalog.entries[1], logger: .init(label: "test"))
        let planned = try offer.plan(0)
        #expect(planned.refusal == nil)
        #expect(try offer.plan((1 << 30) - planned.byteCount).refusal == nil)
        let refusal = try #require(try offer.plan((1 << 30) - planned.byteCount + 1).refusal)
        #expect(refusal.hasPrefix("b needs "))
        #expect(try offer.describe().name == "b")
    }

    @Test(
        arguments: [
            ("a=/m/b.gguf", "a", "/m/b.gguf"), ("/m/b.gguf", nil, "/m/b.gguf"), ("/m/a=b.gguf", nil, "/m/a=b.gguf"),
            ("a=b=c", "a", "b=c"),
        ] as [(String, String?, String)])
    func `a model is a path or a name and a path`(text: String, name: String?, path: String) {
        #expect(NamedModel(text) == NamedModel(name: name, path: path))
    }

    @Test(arguments: ["", "=a", "a=", "a b=c", "a,,=b"]) func `half a model is none`(text: String) {
        #expect(NamedModel.list(text) == nil)
    }
}
