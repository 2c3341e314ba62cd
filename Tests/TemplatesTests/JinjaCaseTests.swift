import JSON
import Templates
import TestSupport
import Testing

@Suite struct JinjaCaseTests {
    @Test func `every small template renders as jinja2 renders it`() throws {
        var context = JSONObject()
        for line in try Fixtures.lines("jinja_cases.jsonl") {
            let entry = try JSONValue(parsing: line)
            if let shared = entry["context"]?.objectValue {
                context = shared
                continue
            }
            let id = entry["id"]?.stringValue ?? ""
            let source = try #require(entry["template"]?.stringValue)
            let expected = entry["rendered"]?.stringValue
            do {
                let text = try Template(source).render(context).text
                #expect(text == expected, "\(id): \(source)")
            } catch {
                #expect(expected == nil, "\(id): \(source): \(error)")
            }
        }
    }
}
