import Serving
import ServingTestSupport
import Testing

@Suite struct ModelRegistryTests {
    @Test func aModelGoesFromLoadingToReady() throws {
        let registry = ModelRegistry()
        #expect(registry.readiness == .ready)
        registry.beginLoading("test-model")
        #expect(registry.readiness == .loading(name: "test-model"))
        #expect(throws: ServingError.modelLoading(name: "test-model")) { try registry.model(named: "test-model") }
        registry.add(try TestModel().served)
        #expect(registry.readiness == .ready)
        #expect(try registry.model(named: "test-model").name == "test-model")
    }

    @Test func aModelThatFailedSaysWhy() {
        let registry = ModelRegistry()
        registry.beginLoading("m")
        registry.fail("m", reason: "no such file")
        #expect(registry.readiness == .failed(name: "m", reason: "no such file"))
        #expect(throws: ServingError.modelLoadFailed(name: "m", reason: "no such file")) {
            try registry.model(named: "m")
        }
    }

    @Test func modelsAnswerToTheirAliasesAndToNoName() throws {
        var options = TestModel.Options()
        options.aliases = ["org/other"]
        let registry = ModelRegistry()
        registry.add(try TestModel(options).served)
        for name in ["test-model", "org/other", "", nil] {
            #expect(try registry.model(named: name).name == "test-model")
        }
        #expect(throws: ServingError.modelNotFound(name: "gpt-4", known: ["test-model"])) {
            try registry.model(named: "gpt-4")
        }
    }

    @Test func anyNameServesIfTheServerIsSetSo() throws {
        let registry = ModelRegistry(answersToAnyName: true)
        registry.add(try TestModel().served)
        #expect(try registry.model(named: "gpt-4").name == "test-model")
    }

    @Test func whileDrainingNothingNewIsBegun() throws {
        let model = try TestModel()
        let service = model.service
        service.registry.beginDraining()
        #expect(service.registry.readiness == .draining)
        #expect(throws: ServingError.draining) { _ = try service.chat(ChatRequest(messages: [])) }
        #expect(throws: ServingError.draining) { _ = try service.complete(CompletionRequest(prompts: [.text("a")])) }
        #expect(service.registry.models.count == 1)
    }
}
