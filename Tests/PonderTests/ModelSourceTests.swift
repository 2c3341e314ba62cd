import Checkpoints
import Models
import Serving
import TestSupport
import Testing

@testable import ponder

@Suite struct ModelSourceTests {
    @Test func `the built-in model is a whole one`() throws {
        let model = try ModelStartup.load(ModelSource.builtIn.open())
        #expect(model.name == ModelSource.builtInName)
        #expect(model.chatFormat != nil)
        #expect(model.defaults.thinking.temperature == 0.6)
        #expect(model.defaults.direct.temperature == 0.7)
    }

    @Test func `a config json alone can be inspected but not opened for serving`() throws {
        let source = ModelSource.path(Fixtures.path("qwen3/configs/Qwen3-8B.config.json"))
        let checkpoint = try source.openForInspection()
        #expect(try ModelLoader.describe(checkpoint).parameterCount > 8_000_000_000)
        #expect(throws: ModelStartupError.self) { try ModelStartup.load(source.open()) }
    }

    @Test func `no path means the built-in model`() throws {
        guard case .builtIn = ModelSource(path: nil) else {
            Issue.record("expected the built-in model")
            return
        }
    }
}
