internal import APIDoors
internal import JSON
internal import Serving

/// A ranking as a body asks for it.
struct RerankCall {
    /// Whose words the reply has.
    enum Dialect {
        /// Jina's, Cohere's and vLLM's: `documents`, and an object with `results`.
        case documents
        /// Text Embeddings Inference's: `texts`, and a list.
        case texts
    }

    var request: RerankRequest
    var dialect: Dialect
    /// How many of the best documents are wanted; nil wants all.
    var limit: Int?
    var returnsDocuments: Bool
    var remarks: RequestRemarks
}

/// Body to ``RerankCall``: types and spellings are checked, every complaint names its field.
enum RerankDecoder {
    static func call(
        from body: JSONObject, settings: APISettings = APISettings(version: "")
    ) throws(APIError) -> RerankCall {
        var root = FieldReader(body)
        let dialect: RerankCall.Dialect = body.contains(key: "texts") ? .texts : .documents
        var remarks = try RequestRemarks(
            from: &root, settings: settings, fieldNames: dialect == .texts ? [.documents: "texts"] : [:])
        guard let query = try root.string("query") else { throw root.missing("query") }
        let documents = try documents(from: &root, dialect == .texts ? "texts" : "documents")
        var request = RerankRequest(
            model: try root.string("model"), query: query, documents: documents,
            instruction: try root.string("instruction"), documentTokenLimit: try root.integer("max_tokens_per_doc"))
        let limit = try root.integer("top_n")
        if let limit, limit < 1 {
            throw root.invalid("top_n", "'top_n' must be at least 1, not \(limit).")
        }
        let wanted = try root.bool(dialect == .texts ? "return_text" : "return_documents")
        try ReadingOptions.read(from: &root, into: &request.options)
        try IneffectiveFields.checkCompletion(&root, warnings: &remarks.warnings)
        try RefusedFields.refuse(&root)
        try remarks.finish(root)
        return RerankCall(
            request: request, dialect: dialect, limit: limit, returnsDocuments: wanted ?? (dialect == .documents),
            remarks: remarks)
    }

    /// Texts, or objects with a `text`.
    private static func documents(from root: inout FieldReader, _ key: String) throws(APIError) -> [String] {
        guard let elements = try root.array(key) else { throw root.missing(key) }
        var documents: [String] = []
        documents.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard let text = element.stringValue ?? element["text"]?.stringValue else {
                let place = "\(key)[\(index)]"
                throw .invalid(place, "'\(place)' must be a string or an object with a 'text', not \(element.kind).")
            }
            documents.append(text)
            if let object = element.objectValue {
                var document = FieldReader(object, path: root.path.appending(key: key).appending(index: index))
                document.passOver("text")
                root.take(document)
            }
        }
        return documents
    }
}
