internal import APIDoors
internal import JSON
internal import Serving

/// Embeddings as a body asks for them.
struct EmbeddingsCall {
    var request: EmbeddingRequest
    var encoding: VectorEncoding
    var remarks: RequestRemarks
}

/// How the numbers of an embedding are written.
enum VectorEncoding: String {
    /// A list of numbers.
    case float
    /// Little-endian 32-bit floats, one after another, as base64.
    case base64
}

/// Body to ``EmbeddingsCall``: types and spellings are checked, every complaint names its field.
enum EmbeddingsDecoder {
    /// The texts stand under one of `inputKeys`; the first is the one that a complaint about their absence names.
    static func call(
        from body: JSONObject, inputKeys: [String] = ["input"], settings: APISettings = APISettings(version: "")
    ) throws(APIError) -> EmbeddingsCall {
        var root = FieldReader(body)
        let inputKey = inputKeys.first { body[$0]?.isNull == false } ?? inputKeys[0]
        var remarks = try RequestRemarks(from: &root, settings: settings, fieldNames: [.input: inputKey])
        var request = EmbeddingRequest(
            model: try root.string("model"), inputs: try PromptDecoder.prompts(from: &root, inputKey),
            dimensions: try root.integer("dimensions"), normalization: try normalization(from: &root))
        let encoding = try encoding(from: &root)
        try ReadingOptions.read(from: &root, into: &request.options)
        try IneffectiveFields.checkCompletion(&root, warnings: &remarks.warnings)
        try RefusedFields.refuse(&root)
        try remarks.finish(root)
        return EmbeddingsCall(request: request, encoding: encoding, remarks: remarks)
    }

    private static func encoding(from root: inout FieldReader) throws(APIError) -> VectorEncoding {
        guard let name = try root.string("encoding_format") else { return .float }
        guard let encoding = VectorEncoding(rawValue: name) else {
            throw root.invalid("encoding_format", "'encoding_format' must be 'float' or 'base64'.")
        }
        return encoding
    }

    /// llama-server's numbers for what is 1 of each vector.
    private static func normalization(from root: inout FieldReader) throws(APIError) -> EmbeddingNormalization {
        switch try root.integer("embd_normalize") {
        case nil, 2: return .euclidean
        case 1: return .taxicab
        case -1: return .none
        case .some(let other):
            throw root.unsupported(
                "embd_normalize", "'embd_normalize' must be -1 (none), 1 (taxicab) or 2 (euclidean), not \(other).")
        }
    }
}

/// What requests that generate nothing may say besides: how long they may take, and about the cache.
enum ReadingOptions {
    static func read(
        from root: inout FieldReader, into options: inout GenerationOptions
    ) throws(APIError) {
        options.totalTime = try root.integer("max_latency_ms")
        options.usesPrefixCache = try root.bool("cache_prompt") ?? true
        options.cacheSalt = try root.string("cache_salt")
    }
}
