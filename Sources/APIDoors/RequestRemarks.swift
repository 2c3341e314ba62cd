package import Serving

/// What is to be said about the fields of a request besides its reply: what they are called here, what is warned of, and
/// whether a warning refuses the request.
package struct RequestRemarks: Sendable {
    /// What this endpoint, or this request, calls fields whose name is not ``RequestField``'s.
    package var fieldNames: [RequestField: String]
    package var warnings: [RequestWarning] = []
    private let isStrict: Bool

    /// Reads `strict`, which goes before the server's setting.
    package init(
        from root: inout FieldReader, settings: APISettings, fieldNames: [RequestField: String] = [:]
    ) throws(APIError) {
        isStrict = try root.bool("strict") ?? settings.isStrict
        self.fieldNames = fieldNames
    }

    /// Warns of every field that nobody has read, and refuses in strict mode what was warned of so far: the fields are read.
    package mutating func finish(_ root: FieldReader) throws(APIError) {
        warnings.warnOfUnknown(root)
        warnings.foldRepeated()
        try refuseIfStrict()
    }

    /// Runs work of the service, whose errors name fields as this endpoint does.
    package func naming<Value>(_ work: () throws(ServingError) -> Value) throws(APIError) -> Value {
        do {
            return try work()
        } catch {
            throw APIError(error, fieldNames: fieldNames)
        }
    }

    /// Runs work of the service that returns when it is done, whose errors name fields as this endpoint does.
    package func naming<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch let error as ServingError {
            throw APIError(error, fieldNames: fieldNames)
        }
    }

    /// Begins a reply, whose warnings come to the request's.
    package mutating func begin<Stream: ReplyStream>(
        _ work: () throws(ServingError) -> Stream
    ) throws(APIError) -> Stream {
        let stream = try naming(work)
        try add(stream.warnings)
        return stream
    }

    /// Takes in what the service warns of.
    package mutating func add(_ warnings: [ServingWarning]) throws(APIError) {
        self.warnings += warnings.map { RequestWarning($0, fieldNames: fieldNames) }
        try refuseIfStrict()
    }

    /// Warns of a field that turns out to have no effect.
    package mutating func warn(_ parameter: String, _ message: String) throws(APIError) {
        warnings.append(RequestWarning(parameter: parameter, message: message))
        try refuseIfStrict()
    }

    private func refuseIfStrict() throws(APIError) {
        guard isStrict, let first = warnings.first else { return }
        throw .unsupported(first.parameter, "'\(first.parameter.prefix(80))': \(first.message)")
    }
}
