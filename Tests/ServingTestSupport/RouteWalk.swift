internal import APIDoors
internal import HTTPTypes
import Testing

extension APIClient {
    /// The routes of the door, by every spelling of their paths, that answer a request without a key, or refuse it otherwise
    /// than with 401.
    package func routesThatAskForNoKey() async throws -> [String] {
        var open: [String] = []
        for route in door.routes {
            for pattern in route.patterns {
                let path = pattern.description.replacing(/{[^}]+}/, with: "x")
                let reply = try await send(route.method, path)
                if reply.status != 401 || reply.header("www-authenticate") != "Bearer" {
                    open.append("\(route.method) \(path)")
                }
            }
        }
        return open
    }
}
