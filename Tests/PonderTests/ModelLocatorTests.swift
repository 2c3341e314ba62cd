import Foundation
import ModelHub
import TestSupport
import Testing

@testable import ponder

@Suite struct ModelLocatorTests {
    /// A home with one model in LM Studio's folder.
    private final class Home {
        let path = NSTemporaryDirectory() + "ponder-locator-\(UUID().uuidString)"
        var model: String { "\(path)/.lmstudio/models/owner/name/m-Q8_0.gguf" }
        var locator: ModelLocator { ModelLocator(environment: ["HOME": path]) }

        init() throws {
            let folder = "\(path)/.lmstudio/models/owner/name"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data("x".utf8).write(to: URL(fileURLWithPath: model))
        }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    @Test func `a name is a model's path, and clients may call it so`() throws {
        let home = try Home()
        for name in ["owner/name", "owner/name:q8_0"] {
            let (path, served) = try home.locator.locate(name)
            #expect(path == home.model && served == name)
        }
        var settings = ServeSettings()
        settings.model = "owner/name"
        settings.draftModel = "owner/name:Q8_0"
        try home.locator.locateModels(of: &settings)
        #expect(settings.model == home.model && settings.alias == "owner/name" && settings.draftModel == home.model)
        settings = ServeSettings()
        (settings.model, settings.alias) = ("owner/name", "mine")
        try home.locator.locateModels(of: &settings)
        #expect(settings.alias == "mine")
    }

    @Test func `all models of a server are found, each by its name`() throws {
        let home = try Home()
        var settings = ServeSettings()
        settings.models = [
            NamedModel(path: "a.gguf"), NamedModel(path: "owner/name"), NamedModel(name: "b", path: "owner/name:q8_0"),
        ]
        try home.locator.locateModels(of: &settings)
        #expect(
            settings.models == [
                NamedModel(path: "a.gguf"), NamedModel(name: "owner/name", path: home.model),
                NamedModel(name: "b", path: home.model),
            ])
        #expect(settings.alias == nil)
    }

    @Test(arguments: [
        "m.gguf", "a/b.gguf", "/a/b", "./a/b", "../a", "~/a/b", "a/b/", "model.safetensors", "a/config.json", "plain",
    ])
    func `what looks like a path is one`(text: String) throws {
        let (path, served) = try Home().locator.locate(text)
        #expect(path == text && served == nil)
    }

    @Test func `what is there is a path, whatever it looks like`() throws {
        let home = try Home()
        let (path, served) = try home.locator.locate(home.path)
        #expect(path == home.path && served == nil)
    }

    @Test func `a model that is not here is told how to come`() throws {
        let error = try #require(throws: HubError.self) { try Home().locator.locate("Qwen/Qwen3-0.6B") }
        #expect(error.kind == .notFound && error.description.contains("'ponder pull Qwen/Qwen3-0.6B'"))
    }
}
