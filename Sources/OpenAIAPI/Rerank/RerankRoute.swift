internal import APIDoors
internal import JSON
internal import Serving

/// `POST /v1/rerank` and its other names: documents by their relevance to a query, best first.
struct RerankRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        var call = try RerankDecoder.call(from: try await request.object(), settings: settings)
        try call.request.options.bound(by: request)
        let ranking = call.request
        let result = try await call.remarks.naming { try await service.rerank(ranking) }
        request.count(result.usage, of: result.model)
        return .json(RerankBody(call: call, result: result).bytes, warnings: call.remarks.warnings)
    }
}

/// The body of a ranking.
struct RerankBody {
    let call: RerankCall
    let result: RerankResult

    var bytes: [UInt8] {
        var writer = JSONWriter()
        switch call.dialect {
        case .texts: writeEntries(scoreKey: "score", to: &writer)
        case .documents:
            writer.beginObject()
            writer.append(key: "id", string: "rerank-" + ReplyIdentity.randomText())
            writer.append(key: "object", string: "list")
            writer.append(key: "model", string: result.model.name)
            writer.append(key: "results")
            writeEntries(scoreKey: "relevance_score", to: &writer)
            writer.append(key: "usage")
            result.usage.writePromptCounts(to: &writer)
            call.remarks.warnings.write(to: &writer)
            writer.endObject()
        }
        return writer.bytes
    }

    private func writeEntries(scoreKey: String, to writer: inout JSONWriter) {
        writer.beginArray()
        for entry in result.ranking.prefix(call.limit ?? .max) {
            writer.beginObject()
            writer.append(key: "index", int: entry.index)
            writer.append(key: scoreKey, double: entry.score)
            if call.returnsDocuments {
                write(call.request.documents[entry.index], to: &writer)
            }
            writer.endObject()
        }
        writer.endArray()
    }

    private func write(_ document: String, to writer: inout JSONWriter) {
        guard call.dialect == .documents else {
            writer.append(key: "text", string: document)
            return
        }
        writer.append(key: "document")
        writer.beginObject()
        writer.append(key: "text", string: document)
        writer.endObject()
    }
}
