package import HTTPTypes
package import JSON
package import Serving

/// One entry of a reply's `warnings`: a field that did not do what its sender may think.
package struct RequestWarning: Hashable, Sendable {
    /// The field's path, such as `stream_options.include_obfuscation`.
    package var parameter: String
    package var message: String

    package static let unknownField = "Unknown field; it has no effect."

    /// A warning of the service, by the name that this endpoint has for the field.
    package init(_ warning: ServingWarning, fieldNames: [RequestField: String]) {
        let name = fieldNames[warning.field] ?? warning.field.rawValue
        parameter = warning.member.map { "\(name).\($0)" } ?? name
        message = warning.message
    }

    package init(parameter: String, message: String) {
        self.parameter = parameter
        self.message = message
    }
}

extension [RequestWarning] {
    /// The most warnings, and the most bytes of each, that go into the head of a reply; its body has them all.
    private static let headLimit = (count: 16, byteCount: 200)

    /// The warnings as fields `X-Warnings`, one each: the parameter, a colon, the message.
    package var headers: HTTPFields {
        var fields = HTTPFields()
        guard !isEmpty, let name = HTTPField.Name("X-Warnings") else { return fields }
        for warning in prefix(Self.headLimit.count) {
            let text = "\(warning.parameter): \(warning.message)".unicodeScalars.prefix(Self.headLimit.byteCount)
            // A field's value holds visible ASCII and spaces; names of fields come from outside.
            let value = String(String.UnicodeScalarView(text.map { (" "..."~").contains($0) ? $0 : "?" }))
            fields.append(HTTPField(name: name, value: value))
        }
        return fields
    }

    /// Warns of every field that nobody has read, in the reader's object and in those that it took in.
    package mutating func warnOfUnknown(_ reader: FieldReader) {
        self += reader.notes
        for key in reader.unreadKeys {
            append(RequestWarning(parameter: reader.path(of: key), message: RequestWarning.unknownField))
        }
    }

    /// Says once what holds for the same field of several elements of an array.
    package mutating func foldRepeated() {
        var first: [RequestWarning: Int] = [:]
        var furtherCounts: [Int: Int] = [:]
        var folded: [RequestWarning] = []
        for warning in self {
            let kind = RequestWarning(parameter: warning.parameterOfAnyElement, message: warning.message)
            if let index = first[kind], kind.parameter != warning.parameter {
                furtherCounts[index, default: 0] += 1
            } else {
                first[kind] = folded.count
                folded.append(warning)
            }
        }
        for (index, count) in furtherCounts {
            folded[index].message += " So it is in \(count) more place\(count == 1 ? "" : "s")."
        }
        self = folded
    }

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

extension RequestWarning {
    /// The parameter's path without the indices of arrays.
    fileprivate var parameterOfAnyElement: String {
        var path = ""
        var isInIndex = false
        for character in parameter {
            if character == "[" { isInIndex = true }
            if !isInIndex { path.append(character) }
            if character == "]" { isInIndex = false }
        }
        return path
    }
}
