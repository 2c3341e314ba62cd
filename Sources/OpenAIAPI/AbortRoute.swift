internal import APIDoors
internal import JSON
internal import Serving

/// `POST /abort_request`, with SGLang's body, and `POST /abort_requests`, with vLLM's: replies that are coming are called off.
struct AbortRoute: Sendable {
    let settings: APISettings

    /// One reply, or all of the sender's.
    func abortOne(_ request: DoorRequest) async throws -> DoorAnswer {
        var root = FieldReader(try await request.object())
        let fields = try AbortFields(oneFrom: &root, settings: settings)
        return answer(fields, request)
    }

    func abortSeveral(_ request: DoorRequest) async throws -> DoorAnswer {
        var root = FieldReader(try await request.object())
        let fields = try AbortFields(severalFrom: &root, settings: settings)
        return answer(fields, request)
    }

    private func answer(_ fields: AbortFields, _ request: DoorRequest) -> DoorAnswer {
        let replies =
            fields.names.map { names in
                names.flatMap { settings.running.replies(named: $0, for: request) }
            } ?? settings.running.replies(for: request)
        replies.forEach { $0.abort() }
        return .json(["aborted": .number(replies.count)], warnings: fields.remarks.warnings)
    }
}

/// Which replies are called off.
struct AbortFields {
    /// Nil for all of the sender's.
    var names: Set<String>?
    var remarks: RequestRemarks

    init(oneFrom root: inout FieldReader, settings: APISettings) throws(APIError) {
        remarks = try RequestRemarks(from: &root, settings: settings)
        let name = try root.string("rid")
        let isForAll = try root.bool("abort_all") ?? false
        if !isForAll {
            guard let name, !name.isEmpty else { throw root.missing("rid") }
            names = [name]
        }
        try remarks.finish(root)
    }

    init(severalFrom root: inout FieldReader, settings: APISettings) throws(APIError) {
        remarks = try RequestRemarks(from: &root, settings: settings)
        guard let names = try root.strings("request_ids") else { throw root.missing("request_ids") }
        self.names = Set(names)
        try remarks.finish(root)
    }
}
