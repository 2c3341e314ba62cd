package import JSON
package import Serving

/// One entry of a reply's `warnings`: a field that did not do what its sender may think.
package struct RequestWarning: Hashable, Sendable {
    /// The field's path, such as `stream_options.include_obfuscation`.
    package var parameter: String
    package var message: String

    /// A warning of the service, by the name that this endpoint has for the field.
    package init(_ warning: ServingWarning, fieldNames: [RequestField: String]) {
        parameter = fieldNames[warning.field] ?? warning.field.rawValue
        message = warning.message
    }

    package init(parameter: String, message: String) {
        self.parameter = parameter
        self.message = message
    }
}

extension [RequestWarning] {
    /// The warnings as a member of the object that is being written; nothing if there are none.
    package func write(to writer: inout JSONWriter) {
        guard !isEmpty else { return }
        writer.append(key: "warnings")
        writer.beginArray()
        for warning in self {
            writer.beginObject()
            writer.append(key: "param")
            writer.append(string: warning.parameter)
            writer.append(key: "message")
            writer.append(string: warning.message)
            writer.endObject()
        }
        writer.endArray()
    }
}
