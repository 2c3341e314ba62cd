package import HTTP
package import JSON

/// From a request to the object that decoders read.
package enum RequestReader {
    /// The body as a JSON object. A body that is too large or breaks off is the HTTP server's to answer.
    package static func object(of request: Request, limit: Int) async throws -> JSONObject {
        try object(try await request.body.collect(upTo: limit))
    }

    package static func object(_ bytes: [UInt8]) throws(APIError) -> JSONObject {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw .invalid(nil, "The request body is not valid JSON: \(error.reason) at byte \(error.offset).")
        }
        guard let object = value.objectValue else {
            throw .invalid(nil, "The request body must be a JSON object, not \(value.kind).")
        }
        return object
    }
}
