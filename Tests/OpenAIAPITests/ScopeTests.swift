import JSON
import ServingTestSupport
import Testing
import Tokens

@testable import OpenAIAPI

/// What acts on the answer leaves reasoning alone, unless it is told otherwise.
@Suite struct ScopeTests {
    private static let thought = String(repeating: "h", count: 7)

    private func message(_ client: APIClient, _ members: JSONObject) async throws -> JSONValue {
        var body: JSONObject = ["thinking_budget": 8, "temperature": 0, "max_tokens": 200]
        for (key, value) in members { body[key] = value }
        let reply = try await client.chat(APIClient.chat(body))
        return try #require(try reply.message, "\(reply.text)")
    }

    private func id(_ client: APIClient, _ text: String) throws -> String {
        String(client.model.tokens(text)[0].index)
    }

    @Test func biasesLeaveReasoningAlone() async throws {
        let client = try APIClient.endlessThinker()
        let ban: JSONObject = ["logit_bias": [try id(client, "h"): -100]]
        let content = try await message(client, ban)
        #expect(content["reasoning_content"]?.stringValue?.hasPrefix(Self.thought) == true)
        for scope in ["all", "reasoning"] {
            let other = try await message(client, ban.merging("logit_bias_scope", .string(scope)))
            #expect(other["reasoning_content"]?.stringValue?.hasPrefix("h") == false)
        }
    }

    @Test func biasesActOnTheAnswerBehindReasoning() async throws {
        let client = try APIClient.endlessThinker()
        let ban: JSONObject = ["logit_bias": [try id(client, "Yes"): -100]]
        #expect(try await message(client, ban)["content"]?.stringValue?.hasPrefix("Yes") == false)
        let reasoning = try await message(client, ban.merging("logit_bias_scope", "reasoning"))
        #expect(reasoning["content"] == "Yes.")
    }

    /// Where the model itself opens its think block, exclusive biases of the answer do not keep it from thinking.
    @Test func exclusiveBiasesOfTheAnswerDoNotForbidThinking() async throws {
        let client = try APIClient.endlessThinker()
        var biases: JSONObject = [:]
        for token in client.model.tokens("Yes.<|im_end|>") { biases[String(token.index)] = 100 }
        let spared = try await message(client, ["logit_bias": .object(biases)])
        #expect(spared["reasoning_content"]?.stringValue?.hasPrefix(Self.thought) == true)
        #expect(spared["content"] == "Yes.")
        let everywhere = try await message(
            client, ["logit_bias": .object(biases), "logit_bias_scope": "all", "max_tokens": 20])
        #expect(everywhere["reasoning_content"]?.stringValue == nil)
    }

    @Test func toolsThatAreForbiddenStayForbiddenInReasoning() async throws {
        let client = try APIClient()
        let tools: JSONValue = [["type": "function", "function": ["name": "f"]]]
        let body = APIClient.chat(["tools": tools, "tool_choice": "none", "max_tokens": 40, "min_answer_tokens": 0])
        try client.prepare("<think>\nhm <tool_call>", for: body)
        let open = try #require(client.model.tokenizer.token("<tool_call>"))
        let text = try await client.chat(body).message?["reasoning_content"]?.stringValue
        #expect(text?.hasPrefix("hm ") == true)
        #expect(text?.contains("<tool_call>") == false, "\(open)")
    }

    /// Between its thinking and its answer a model writes line feeds, which nobody sees.
    @Test(arguments: ["\n\n", "\n"]) func stopsAreDeafToTheLineFeedsBehindThinking(stop: String) async throws {
        let client = try APIClient()
        let body = APIClient.chat(["stop": .string(stop), "max_tokens": 400])
        try client.prepare("<think>\nso\n\nso\n</think>\n\nYes.\n\nNo.", for: body)
        let reply = try await client.chat(body)
        #expect(try reply.message?["reasoning_content"] == "so\n\nso", "\(reply.text)")
        #expect(try reply.message?["content"] == "Yes.")
        let events = try await client.chat(body.adding("stream", true)).events
        let choice = try #require(try reply.json["choices"]?[0])
        #expect(try Accumulation(events) == Accumulation(whole: choice))
    }

    @Test func stopsCanListenToReasoningAlone() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["stop": "hm", "stop_scope": "reasoning", "max_tokens": 400])
        try client.prepare("<think>\nso\n</think>\n\nNo hm.", for: body)
        let reply = try await client.chat(body)
        #expect(try reply.message?["content"] == "No hm.", "\(reply.text)")
    }

    @Test func penaltiesCanActOnReasoningAlone() async throws {
        let client = try APIClient.endlessThinker()
        let members: JSONObject = ["frequency_penalty": 2, "thinking_budget": 40, "penalty_scope": "reasoning"]
        let reasoning = try await message(client, members)
        #expect(reasoning["reasoning_content"]?.stringValue?.hasPrefix(String(repeating: "h", count: 39)) == false)
        #expect(reasoning["content"] == "Yes.")
    }

    @Test(arguments: ["stop_scope", "penalty_scope", "logit_bias_scope"])
    func aScopeIsOneOfThree(field: String) async throws {
        let client = try APIClient()
        let reply = try await client.chat(APIClient.chat([field: "answer"]))
        #expect(reply.status == 400)
        #expect(try reply.error("param") == .string(field))
        for scope in ["all", "content", "reasoning"] {
            let preview = try await client.chat(APIClient.chat([field: .string(scope), "dry_run": true])).json
            let effective = preview["effective"]
            #expect((effective?[field] ?? effective?["sampling"]?[field])?.stringValue == scope)
        }
    }
}

extension JSONObject {
    fileprivate func merging(_ key: String, _ value: JSONValue) -> JSONObject {
        var object = self
        object[key] = value
        return object
    }
}
