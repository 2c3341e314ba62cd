import JSON
import TestSupport
import Testing

@testable import ConstrainedDecoding

/// Schemas with values of which others have said whether they are valid.
@Suite struct SchemaSuiteTests {
    /// What became of a suite.
    private struct Outcome {
        var enforcedCount = 0
        var refusedCount = 0
        var validCount = 0
        var acceptedCount = 0

        mutating func add(_ group: JSONValue, name: String) throws {
            let schema = try #require(group["schema"])
            guard let grammar = try? ConstraintDefinition.jsonSchema(schema).grammar() else {
                refusedCount += 1
                return
            }
            enforcedCount += 1
            var automaton = GrammarAutomaton(grammar)
            for test in group["tests"]?.arrayValue ?? [] {
                let data = try #require(test["data"])
                let isAccepted = automaton.accepts(data.serializedBytes())
                if test["valid"] == true {
                    validCount += 1
                    acceptedCount += isAccepted ? 1 : 0
                } else {
                    #expect(!isAccepted, "\(name): \(schema) \(data)")
                }
            }
        }
    }

    /// Draft 2020-12, as jsonschema's sources carry it.
    @Test func `no invalid instance of the published suite is ever accepted`() throws {
        var outcome = Outcome()
        for group in try JSONValue(parsing: Fixtures.bytes("json_schema/suite.json")).arrayValue ?? [] {
            try outcome.add(group, name: group["name"]?.stringValue ?? "")
        }
        #expect(outcome.enforcedCount >= 212, "\(outcome)")
        #expect(outcome.acceptedCount >= 386, "\(outcome)")
    }

    /// Judged by jsonschema.
    @Test func `no value that is invalid by a random schema is ever accepted`() throws {
        var outcome = Outcome()
        for (index, line) in try Fixtures.lines("json_schema/random.jsonl").enumerated() {
            try outcome.add(JSONValue(parsing: line), name: "line \(index + 1)")
        }
        #expect(outcome.enforcedCount >= 157, "\(outcome)")
        #expect(outcome.acceptedCount >= 594, "\(outcome)")
    }

    @Test(arguments: [
        "issue", "mcp_filesystem_edit", "mcp_git_log", "mcp_time", "order_function", "package_manifest", "syntax_tree",
        "weather_function",
    ])
    func `schemas as clients send them are enforced`(name: String) throws {
        let schema = try JSONValue(parsing: Fixtures.bytes("json_schema/real/\(name).json"))
        #expect(throws: Never.self) { try ConstraintDefinition.jsonSchema(schema).grammar() }
    }
}
