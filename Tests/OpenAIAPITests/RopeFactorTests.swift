import JSON
import Models
import ServingTestSupport
import Testing

/// What a client sees of YaRN by length.
@Suite struct RopeFactorTests {
    private func client() throws -> APIClient {
        var options = TestModel.Options()
        options.contextLength = 800
        options.windows = [ContextWindow(factor: 1, length: 200), ContextWindow(factor: 4, length: 800)]
        return try APIClient(options)
    }

    private static let text = String(repeating: "How many are there? ", count: 8)

    @Test func theFactorIsToldInTheEffectiveSettingsAndTheTimings() async throws {
        let client = try client()
        let expected: [(JSONObject, Double)] = [
            (["max_tokens": 3], 1), (["max_tokens": 400], 4), (["max_tokens": 3, "rope_factor": 4], 4),
        ]
        for (members, factor) in expected {
            let body = try APIClient.chat(members).adding("return_effective", true)
            let json = try await client.chat(body).json
            #expect(json["effective"]?["yarn_factor"]?.doubleValue == factor)
            #expect(json["timings"]?["yarn_factor"]?.doubleValue == factor)
        }
        let completion = try await client.post("/v1/completions", ["prompt": "Hi", "max_tokens": 500]).json
        #expect(completion["timings"]?["yarn_factor"]?.doubleValue == 4)
        let plain = try await APIClient().chat(APIClient.chat()).json
        #expect(plain["timings"]?["yarn_factor"] == nil)
        #expect(plain["timings"]?["yarn_recomputed_n"] == nil)
    }

    @Test func aThresholdThatIsCrossedIsAnnouncedAndCanBeAvoided() async throws {
        let client = try client()
        func recomputed(_ members: JSONObject) async throws -> (cached: Int?, recomputed: Int?) {
            let timings = try await client.chat(APIClient.chat(members, text: Self.text)).json["timings"]
            return (timings?["cache_n"]?.intValue, timings?["yarn_recomputed_n"]?.intValue)
        }
        #expect(try await recomputed(["max_tokens": 3]) == (0, 0))
        let again = try await recomputed(["max_tokens": 3])
        #expect(again.cached ?? 0 > 0 && again.recomputed == 0)
        let crossed = try await recomputed(["max_tokens": 300])
        #expect(crossed.cached == 0 && crossed.recomputed == again.cached)
        #expect(try await recomputed(["max_tokens": 300, "rope_factor": 1]) == (again.cached, 0))
    }

    @Test func anotherFactorIsRefusedWithTheAllowedOnes() async throws {
        for (path, body) in [
            ("/v1/chat/completions", APIClient.chat()), ("/v1/completions", ["prompt": "Hi"]),
            ("/v1/responses", ["input": "Hi"]), ("/completion", ["prompt": "Hi"]),
        ] as [(String, JSONValue)] {
            let reply = try await client().post(path, try body.adding("rope_factor", 2))
            #expect(reply.status == 400)
            #expect(try reply.error("param") == "rope_factor")
            #expect(try reply.error("message")?.stringValue == "'rope_factor' must be one of 1 and 4, not 2.")
        }
    }

    @Test func aPromptBeyondThePinnedFactorIsToldTheNumbers() async throws {
        let long = String(repeating: Self.text, count: 4)
        let reply = try await client().chat(APIClient.chat(["rope_factor": 1], text: long))
        #expect(reply.status == 400)
        #expect(try reply.error("code") == "context_length_exceeded")
        #expect(try reply.error("message")?.stringValue?.contains("with 'rope_factor' 1 is 200 tokens") == true)
    }

    @Test func theModelAndThePropertiesListTheWindows() async throws {
        let client = try client()
        let expected: JSONValue = [
            ["yarn_factor": 1.0, "max_model_len": 200], ["yarn_factor": 4.0, "max_model_len": 800],
        ]
        let models = try await client.get("/v1/models").json
        #expect(models["data"]?.arrayValue?.first?["context_windows"] == expected)
        #expect(models["data"]?.arrayValue?.first?["max_model_len"] == 800)
        let properties = try await client.get("/props").json
        #expect(properties["context_windows"] == expected)
        #expect(properties["default_generation_settings"]?["n_ctx"] == 800)
    }
}
