internal import HTTP
package import Serving

/// Runs what may refuse a request and hands back either its value or the error to answer with.
///
/// Errors of the HTTP layer pass through: they are the server's to answer, or mean that nobody listens any more.
package func refusable<Value: Sendable>(
    fieldNames: [RequestField: String] = [:], _ work: () async throws -> Value
) async throws -> Result<Value, APIError> {
    do {
        return .success(try await work())
    } catch let error as APIError {
        return .failure(error)
    } catch let error as ServingError {
        return .failure(APIError(error, fieldNames: fieldNames))
    }
}
