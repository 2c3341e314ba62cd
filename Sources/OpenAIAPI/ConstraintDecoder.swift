internal import APIDoors
internal import ConstrainedDecoding
internal import JSON
internal import Serving

/// Reads what an output is to be held to, by every client's name for it.
///
/// Whatever cannot be enforced is refused: no field here is ever ignored.
enum ConstraintDecoder {
    private typealias Found = (definition: ConstraintDefinition, place: String)

    /// The one constraint of a request, and what the client called it.
    static func definition(
        from root: inout FieldReader, names: inout [RequestField: String]
    ) throws(APIError) -> ConstraintDefinition? {
        var found: [Found] = []
        if let format = try responseFormat(from: &root) {
            found.append(format)
        }
        if var options = try root.reader("structured_outputs") {
            let before = found.count
            found += try fields("", of: &options)
            for key in options.unreadKeys {
                throw options.unsupported(key, "'\(options.path(of: key))' is not supported.")
            }
            if found.count == before {
                throw root.invalid("structured_outputs", "'structured_outputs' must say what the output is held to.")
            }
        }
        found += try fields("guided_", of: &root)
        found += try otherFields(of: &root)
        guard let first = found.first else { return nil }
        if found.count > 1 {
            throw .invalid(
                found[1].place, "'\(found[1].place)' cannot be combined with '\(first.place)': one of them must go.")
        }
        names[.constraint] = first.place
        return first.definition
    }

    private static func responseFormat(from root: inout FieldReader) throws(APIError) -> Found? {
        guard var format = try root.reader("response_format") else { return nil }
        let found = try constraint(of: &format)
        root.take(format)
        return found
    }

    private static func constraint(of format: inout FieldReader) throws(APIError) -> Found? {
        guard let type = try format.string("type") else { throw format.missing("type") }
        switch type {
        case "text": return nil
        case "json_object":
            guard let schema = try schema("schema", of: &format) else { return (.jsonObject, format.path.description) }
            return schema
        case "json_schema":
            guard var object = try format.reader("json_schema") else { throw format.missing("json_schema") }
            _ = try object.string("name")
            _ = try object.string("description")
            _ = try object.bool("strict")
            guard let schema = try schema("schema", of: &object) else { throw object.missing("schema") }
            format.take(object)
            return schema
        case "structural_tag":
            throw .unsupported(format.path.description, "The response format 'structural_tag' is not supported.")
        default:
            throw format.invalid(
                "type",
                "'response_format.type' must be one of text, json_object and json_schema, not '\(type.prefix(40))'.")
        }
    }

    /// The fields that vLLM has in `structured_outputs`, and had with a prefix beside the others.
    private static func fields(_ prefix: String, of reader: inout FieldReader) throws(APIError) -> [Found] {
        var found: [Found] = []
        if let schema = try schema(prefix + "json", of: &reader) {
            found.append(schema)
        }
        if let text = try reader.string(prefix + "regex") {
            found.append((.regularExpression(text), reader.path(of: prefix + "regex")))
        }
        if let elements = try reader.array(prefix + "choice") {
            found.append((.choice(try texts(elements, prefix + "choice", reader)), reader.path(of: prefix + "choice")))
        }
        if try reader.bool(prefix + "json_object") == true {
            found.append((.jsonObject, reader.path(of: prefix + "json_object")))
        }
        if let grammar = try grammar(prefix + "grammar", of: &reader) {
            found.append(grammar)
        }
        for key in ["whitespace_pattern", "structural_tag"] where reader.value(prefix + key) != nil {
            throw reader.unsupported(prefix + key, "'\(reader.path(of: prefix + key))' is not supported.")
        }
        return found
    }

    /// SGLang's and llama.cpp's fields.
    private static func otherFields(of root: inout FieldReader) throws(APIError) -> [Found] {
        var found: [Found] = []
        if let schema = try schema("json_schema", of: &root) {
            found.append(schema)
        }
        if let text = try root.string("regex") {
            found.append((.regularExpression(text), "regex"))
        }
        for key in ["ebnf", "grammar"] {
            if let grammar = try grammar(key, of: &root) {
                found.append(grammar)
            }
        }
        if root.value("structural_tag") != nil {
            throw root.unsupported("structural_tag", "'structural_tag' is not supported.")
        }
        return found
    }

    /// A grammar in GBNF; an empty one asks for nothing.
    private static func grammar(_ key: String, of reader: inout FieldReader) throws(APIError) -> Found? {
        guard let text = try reader.string(key), !text.isEmpty else { return nil }
        return (.grammar(text), reader.path(of: key))
    }

    /// A schema as an object, or as the text of one.
    private static func schema(_ key: String, of reader: inout FieldReader) throws(APIError) -> Found? {
        guard let value = reader.value(key) else { return nil }
        let place = reader.path(of: key)
        guard let text = value.stringValue else { return (.jsonSchema(value), place) }
        do {
            return (.jsonSchema(try JSONValue(parsing: text)), place)
        } catch {
            throw .invalid(place, "'\(place)' is no JSON: \(error.description).")
        }
    }

    private static func texts(
        _ elements: [JSONValue], _ key: String, _ reader: FieldReader
    ) throws(APIError) -> [String] {
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            guard let text = element.stringValue else {
                let place = "\(reader.path(of: key))[\(index)]"
                throw .invalid(place, "'\(place)' must be a string, not \(element.kind).")
            }
            texts.append(text)
        }
        return texts
    }
}
