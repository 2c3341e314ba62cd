internal import HTTP
internal import HTTPTypes
package import Serving

extension GenerationOptions {
    /// Bounds a reply by what stands around its request's body: its time by the header `X-Request-Timeout`, in seconds, where the
    /// smallest of all bounds holds, and its priority by the key, whose requests have the bound where they ask for none.
    ///
    /// - Throws: ``APIError`` where the header is no time, or a request asks for more than its key may.
    package mutating func bound(by request: DoorRequest) throws(APIError) {
        try boundTime(by: request.request)
        guard let bound = request.priorityBound, priority ?? 0 < bound else { return }
        guard priority == nil else {
            throw .unsupported("priority", "'priority' must be at least \(bound) with this key.")
        }
        priority = bound
    }

    private mutating func boundTime(by request: Request) throws(APIError) {
        guard let name = HTTPField.Name("X-Request-Timeout"), let text = request.headers[name] else { return }
        guard let seconds = Double(text), (0...86_400).contains(seconds) else {
            throw .invalid(
                "X-Request-Timeout", "'X-Request-Timeout' must be a number of seconds from 0 to 86400.")
        }
        totalTime = min(totalTime ?? .max, Int(seconds * 1000))
    }
}
