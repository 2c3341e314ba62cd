internal import APIDoors
internal import JSON
internal import Serving

/// `POST /models/load` and `POST /models/unload`, in llama-server's words.
struct ModelControlRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    /// Answers when the model is in memory; one that could not be loaded, or stopped, is tried again.
    func load(_ request: DoorRequest) async throws -> DoorAnswer {
        let fields = try await fields(of: request)
        await service.registry.forgetFailure(fields.model)
        return try await service.answer(by: fields.model) { _ in success(fields) }
    }

    /// Answers when the model is gone: its running replies end first.
    func unload(_ request: DoorRequest) async throws -> DoorAnswer {
        let fields = try await fields(of: request)
        try await service.registry.unload(fields.model)
        return success(fields)
    }

    private func success(_ fields: ModelControlFields) -> DoorAnswer {
        .json(["success": true], warnings: fields.remarks.warnings)
    }

    private func fields(of request: DoorRequest) async throws -> ModelControlFields {
        var root = FieldReader(try await request.object())
        return try ModelControlFields(from: &root, settings: settings)
    }
}

/// Which model is to be loaded or unloaded.
struct ModelControlFields: Sendable {
    var model: String
    var remarks: RequestRemarks

    init(from root: inout FieldReader, settings: APISettings) throws(APIError) {
        remarks = try RequestRemarks(from: &root, settings: settings)
        guard let model = try root.string("model") else { throw root.missing("model") }
        self.model = model
        try remarks.finish(root)
    }
}
