internal import APIDoors
internal import HTTP
internal import HTTPTypes
internal import Serving

/// Reads how long a reply may take; the smallest of all that is said of one kind holds.
enum TimeLimitDecoder {
    /// `t_max_predict_ms`, with llama-server's meaning of -1, and `max_latency_ms`.
    static func read(from root: inout FieldReader, into options: inout GenerationOptions) throws(APIError) {
        let writingTime = try root.integer("t_max_predict_ms")
        options.writingTime = writingTime == -1 ? nil : writingTime
        options.totalTime = try root.integer("max_latency_ms")
    }

    /// The header `X-Request-Timeout`: seconds.
    static func read(_ headers: HTTPFields, into options: inout GenerationOptions) throws(APIError) {
        guard let name = HTTPField.Name("X-Request-Timeout"), let text = headers[name] else { return }
        guard let seconds = Double(text), (0...86_400).contains(seconds) else {
            throw .invalid(
                "X-Request-Timeout", "'X-Request-Timeout' must be a number of seconds from 0 to 86400.")
        }
        options.totalTime = min(options.totalTime ?? .max, Int(seconds * 1000))
    }
}
