import JSON
import TestSupport
import Testing

@testable import ConstrainedDecoding

/// The published JSON Schema test suite (draft 2020-12), as jsonschema's sources carry it.
@Suite struct SchemaSuiteTests {
    @Test func `no invalid instance of the published suite is ever accepted`() throws {
        let suite = try JSONValue(parsing: Fixtures.bytes("json_schema/suite.json"))
        var enforcedCount = 0
        var validCount = 0
        var acceptedCount = 0
        for group in suite.arrayValue ?? [] {
            let name = group["name"]?.stringValue ?? ""
            guard let schema = group["schema"], let grammar = try? ConstraintDefinition.jsonSchema(schema).grammar()
            else {
                continue
            }
            enforcedCount += 1
            var automaton = GrammarAutomaton(grammar)
            for test in group["tests"]?.arrayValue ?? [] {
                guard let data = test["data"] else { continue }
                let isAccepted = automaton.accepts(data.serializedBytes())
                if test["valid"] == true {
                    validCount += 1
                    acceptedCount += isAccepted ? 1 : 0
                } else {
                    #expect(!isAccepted, "\(name): \(data)")
                }
            }
        }
        #expect(enforcedCount >= 212, "\(enforcedCount)")
        #expect(acceptedCount >= 386, "\(acceptedCount) of \(validCount)")
    }
}
