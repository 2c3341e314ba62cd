internal import APIDoors
internal import Serving

/// Reads how long a reply may take.
enum TimeLimitDecoder {
    /// `t_max_predict_ms`, with llama-server's meaning of 0 and -1, and `max_latency_ms`.
    static func read(from root: inout FieldReader, into options: inout GenerationOptions) throws(APIError) {
        let writingTime = try root.integer("t_max_predict_ms")
        options.writingTime = [0, -1].contains(writingTime) ? nil : writingTime
        options.totalTime = try root.integer("max_latency_ms")
    }
}
