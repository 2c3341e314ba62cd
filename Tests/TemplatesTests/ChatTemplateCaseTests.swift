import JSON
import Templates
import TestSupport
import Testing

@Suite struct ChatTemplateCaseTests {
    @Test func `every conversation renders as transformers renders it`() throws {
        var templates: [String: Template] = [:]
        for line in try Fixtures.lines("chat_template_cases.jsonl") {
            let entry = try JSONValue(parsing: line)
            let name = try #require(entry["template"]?.stringValue)
            let template = try templates[name] ?? Template(source(name))
            templates[name] = template
            let options = entry["kwargs"]?.objectValue ?? [:]
            let continuesMessage = options["continue_final_message"]?.boolValue ?? false
            guard !continuesMessage || options["add_generation_prompt"]?.boolValue != true else { continue }
            var context: JSONObject = ["messages": entry["messages"] ?? [], "tools": entry["tools"] ?? .null]
            for (key, value) in options where key != "continue_final_message" {
                context[key] = value
            }
            let expected = entry["error_raw"] == nil ? entry["rendered_raw"] ?? entry["rendered"] : nil
            let text = try? template.render(context).text
            let id = entry["id"]?.stringValue ?? ""
            if continuesMessage, let expected = expected?.stringValue {
                // Where the last message is to be continued, the template's text is cut after its content.
                #expect(text?.hasPrefix(expected) == true, "\(id)")
            } else {
                #expect(text == expected?.stringValue, "\(id)")
            }
        }
    }

    private func source(_ name: String) throws -> String {
        String(decoding: try Fixtures.bytes("templates/\(name).jinja"), as: UTF8.self)
    }
}
