import JSON
import Testing

@testable import Doctor

@Suite struct CheckTableTests {
    private let checks = Examination.allChecks

    @Test func `ids are unique and begin with their group`() {
        #expect(checks.count >= 150)
        #expect(Set(checks.map(\.id)).count == checks.count)
        for check in checks {
            #expect(check.id.hasPrefix("\(check.group.rawValue)."), "\(check.id)")
            #expect(check.group.checks.contains { $0.id == check.id }, "\(check.id)")
        }
    }

    @Test func `every check says what it is about and why it matters`() {
        for check in checks {
            #expect(!check.title.isEmpty && !check.why.isEmpty, "\(check.id)")
            #expect(check.complaints.allSatisfy { 1...60 ~= $0 }, "\(check.id)")
            #expect(!check.scenarios.isEmpty, "\(check.id)")
        }
        #expect(Set(checks.map(\.title)).count == checks.count)
    }

    @Test func `a scenario has one name, and asks for something`() {
        let examination = Examination(checks)
        let subject = Subject(model: "m", hasKey: true, contextLength: 16)
        for scenario in examination.scenarios {
            #expect(!scenario.steps[0](subject, []).isEmpty, "\(scenario.name)")
        }
    }

    /// Their bodies are written as text, and one that is no JSON is sent as it stands.
    @Test func `only requests that are meant to be broken are`() {
        let broken: Set = [
            "errors.bad-json", "errors.empty-body", "errors.array-body", "errors.deep-json", "errors.surrogate",
        ]
        let subject = Subject(model: "m", hasKey: true, contextLength: 16)
        for scenario in Examination(checks).scenarios where !broken.contains(scenario.name) {
            for ask in scenario.steps[0](subject, []) {
                guard case .bytes(let bytes) = ask.body else { continue }
                #expect(bytes.starts(with: [0x1F, 0x8B]) || scenario.name == "errors.utf8", "\(scenario.name)")
            }
        }
    }

    @Test func `a request names the model, unless it names another`() throws {
        let ask = Ask.chat(#"{"messages": []}"#)
        #expect(try JSONValue(parsing: #require(ask.bodyBytes(model: "m")))["model"] == "m")
        let other = ask.with(["model": "x"])
        #expect(try JSONValue(parsing: #require(other.bodyBytes(model: "m")))["model"] == "x")
    }
}
