internal import JSON

/// From a request's bytes to the object that decoders read.
enum RequestReader {
    static func object(_ bytes: [UInt8]) throws(APIError) -> JSONObject {
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
