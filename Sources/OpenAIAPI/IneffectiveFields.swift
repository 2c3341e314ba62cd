internal import APIDoors
internal import JSON
internal import Serving

/// Fields of OpenAI's API that change nothing here: their types are checked, and the reply's `warnings` name them.
enum IneffectiveFields {
    private enum FieldType {
        case string, boolean, object
    }

    private static let chat: [(key: String, type: FieldType)] = [
        ("metadata", .object), ("prediction", .object), ("prompt_cache_key", .string),
        ("prompt_cache_options", .object), ("prompt_cache_retention", .string), ("safety_identifier", .string),
        ("user", .string),
    ]

    private static let completion: [(key: String, type: FieldType)] = [("user", .string)]

    static func checkChat(_ root: inout FieldReader, warnings: inout [RequestWarning]) throws(APIError) {
        try check(chat, &root, &warnings)
        if try root.bool("store") == true {
            warnings.append(RequestWarning(parameter: "store", message: "Replies are not stored; it has no effect."))
        }
        if let verbosity = try root.string("verbosity") {
            guard ["low", "medium", "high"].contains(verbosity) else {
                throw root.invalid("verbosity", "'verbosity' must be one of low, medium and high.")
            }
            warnings.append(ineffective("verbosity"))
        }
        try refuseSound(&root)
    }

    private static let response: [(key: String, type: FieldType)] = [
        ("prompt_cache_key", .string), ("safety_identifier", .string), ("stream_options", .object), ("user", .string),
    ]

    static func checkResponse(_ root: inout FieldReader, warnings: inout [RequestWarning]) throws(APIError) {
        try check(response, &root, &warnings)
    }

    static func checkCompletion(_ root: inout FieldReader, warnings: inout [RequestWarning]) throws(APIError) {
        try check(completion, &root, &warnings)
    }

    private static func check(
        _ fields: [(key: String, type: FieldType)], _ root: inout FieldReader, _ warnings: inout [RequestWarning]
    ) throws(APIError) {
        for field in fields {
            let isPresent =
                switch field.type {
                case .string: try root.string(field.key) != nil
                case .boolean: try root.bool(field.key) != nil
                case .object: try root.reader(field.key) != nil
                }
            if isPresent {
                warnings.append(ineffective(field.key))
            }
        }
    }

    private static func ineffective(_ key: String) -> RequestWarning {
        RequestWarning(parameter: key, message: "It has no effect on this server.")
    }

    private static func refuseSound(_ root: inout FieldReader) throws(APIError) {
        if let name = try root.strings("modalities")?.first(where: { $0 != "text" }) {
            throw root.unsupported("modalities", "This model writes text only, not '\(name.prefix(40))'.")
        }
        if try root.reader("audio") != nil {
            throw root.unsupported("audio", "This model writes text only.")
        }
        if try root.reader("web_search_options") != nil {
            throw root.unsupported("web_search_options", "Web search is not supported.")
        }
    }
}
