internal import HTTP
internal import HTTPTypes
package import Serving

extension GenerationOptions {
    /// Bounds the time of a reply by its request's header `X-Request-Timeout`, in seconds, if there is one; the smallest of all
    /// bounds holds.
    package mutating func boundTime(by request: DoorRequest) throws(APIError) {
        guard let name = HTTPField.Name("X-Request-Timeout"), let text = request.request.headers[name] else { return }
        guard let seconds = Double(text), (0...86_400).contains(seconds) else {
            throw .invalid(
                "X-Request-Timeout", "'X-Request-Timeout' must be a number of seconds from 0 to 86400.")
        }
        totalTime = min(totalTime ?? .max, Int(seconds * 1000))
    }
}
