import JSON
import ServingTestSupport
import Testing

@testable import OpenAIAPI

@Suite struct NativeCompletionTests {
    @Test func rawTextGoesOn() async throws {
        let client = try APIClient()
        client.model.prepare(" upon a time", forText: "Once")
        let json = try await client.post("/completion", ["prompt": "Once", "n_predict": -1, "seed": -1]).json
        #expect(json["content"] == " upon a time")
        #expect(json["stop"] == true)
        #expect(json["stop_type"] == "eos")
        #expect(json["prompt"] == "Once")
        #expect(json["tokens_evaluated"]?.intValue ?? 0 > 0)
        #expect(json["timings"]?["predicted_n"] == json["tokens_predicted"])
    }

    @Test func aStreamHasThePiecesAndALastEventWithTheCounts() async throws {
        let client = try APIClient()
        client.model.prepare(" upon a time", forText: "Once")
        let text = try await client.post("/completion", ["prompt": "Once", "stream": true]).text
        let events = try text.split(separator: "\n\n").map { try JSONValue(parsing: String($0.dropFirst(6))) }
        #expect(events.compactMap { $0["content"]?.stringValue }.joined() == " upon a time")
        #expect(events.dropLast().allSatisfy { $0["stop"] == false })
        #expect(events.last?["stop"] == true)
        #expect(events.last?["tokens_predicted"]?.intValue ?? 0 > 0)
    }

    @Test func whatStoppedIsNamed() async throws {
        let client = try APIClient()
        client.model.prepare(" upon a time", forText: "Once")
        let word = try await client.post("/completion", ["prompt": "Once", "stop": ["x", " a "]]).json
        #expect(word["content"] == " upon")
        #expect(word["stop_type"] == "word")
        #expect(word["stopping_word"] == " a ")
        let limit = try await client.post("/completion", ["prompt": "Once", "n_predict": 1]).json
        #expect(limit["stop_type"] == "limit")
        #expect(limit["tokens_predicted"] == 1)
    }

    @Test func textIsHeldToAGrammarOrASchema() async throws {
        let client = try APIClient()
        let grammar: JSONObject = ["prompt": "Once", "grammar": "root ::= \"a\" [0-9]{2}", "json_schema": [:]]
        let text = try await client.post("/completion", .object(grammar)).json["content"]?.stringValue ?? ""
        #expect(text.wholeMatch(of: #/a[0-9]{2}/#) != nil, "\(text)")
        let schema: JSONObject = ["prompt": "Once", "json_schema": ["enum": ["yes", "no"]]]
        let word = try await client.post("/completion", .object(schema)).json["content"]?.stringValue ?? ""
        #expect(["\"yes\"", "\"no\""].contains(word))
    }

    @Test func badGrammarsAreRefusedWithTheirPlaceAndUnknownFieldsNamed() async throws {
        let client = try APIClient()
        let refused = try await client.post("/completion", ["prompt": "Once", "grammar": "root ::= x"])
        #expect(refused.status == 400)
        #expect(try refused.error("param") == "grammar")
        #expect(try refused.error("message")?.stringValue?.contains("line 1, column 10") == true)
        let both = try await client.post(
            "/completion", ["prompt": "Once", "grammar": "root ::= \"x\"", "json_schema": true])
        #expect(both.status == 400)
        let warned = try await client.post("/completion", ["prompt": "Once", "mirostat": 2]).json
        #expect(warned["warnings"]?[0]?["param"] == "mirostat")
    }

    @Test func propertiesAndSlotsAreShown() async throws {
        let client = try APIClient()
        let properties = try await client.get("/props").json
        #expect(properties["default_generation_settings"]?["n_ctx"] == 512)
        #expect(properties["model_alias"] == "test-model")
        let slots = try await client.get("/slots").json
        #expect(slots[0]?["is_processing"] == false)
        #expect(slots.arrayValue?.count == properties["total_slots"]?.intValue)
    }
}
