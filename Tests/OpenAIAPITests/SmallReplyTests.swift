import JSON
import ServingTestSupport
import Testing
import Tokens

@testable import OpenAIAPI

/// However few tokens a reply may have, some of them are its answer.
@Suite struct SmallReplyTests {
    enum Form: CaseIterable {
        case text, schema, calls

        var members: JSONObject {
            switch self {
            case .text: [:]
            case .schema: ["response_format": ["type": "json_object"]]
            case .calls:
                [
                    "tools": [["type": "function", "function": ["name": "f", "parameters": ["type": "object"]]]],
                    "tool_choice": "required",
                ]
            }
        }
    }

    /// What a request may say of thinking that is not to take the answer's room.
    private static func controls(_ maximum: Int) -> [JSONObject] {
        [
            [:], ["thinking_budget": 8], ["reasoning_effort": "high"],
            ["min_answer_tokens": .number(max(1, maximum / 2))], ["min_answer_tokens": .number(maximum)],
            ["reasoning_budget_message": " Enough."],
        ]
    }

    private func counts(_ reply: JSONValue) throws -> (all: Int, reasoning: Int) {
        let usage = reply["usage"]
        return (
            try #require(usage?["completion_tokens"]?.intValue),
            try #require(usage?["completion_tokens_details"]?["reasoning_tokens"]?.intValue)
        )
    }

    @Test(arguments: Form.allCases, ["templates/qwen3.jinja", "templates/qwen3-thinking-2507.jinja"])
    func everySizeHasAnAnswer(form: Form, template: String) async throws {
        let client = try APIClient.endlessThinker(template: template)
        // A block that the prompt has opened takes a token to close.
        for maximum in (template.contains("2507") ? 2 : 1)...200
        where form == .text || maximum < 60 || maximum % 6 == 0 {
            let controls = Self.controls(maximum)
            let members = form.members.merging(controls[maximum % controls.count])
                .merging(["max_tokens": .number(maximum), "temperature": 0])
            let whole = try await client.chat(APIClient.chat(members)).json
            let (all, reasoning) = try counts(whole)
            let place: Comment = "\(maximum): \(whole.serialized())"
            #expect(all <= maximum && all > reasoning, place)
            let choice = try #require(whole["choices"]?[0])
            if form != .calls {
                #expect(choice["message"]?["content"]?.stringValue?.isEmpty == false, place)
            } else {
                // A reply that was cut had the answer's reserve all the same.
                #expect(choice["finish_reason"] == "tool_calls" || all - reasoning >= maximum / 4, place)
            }
            if let end = choice["finish_details"]?["reasoning_end"]?.stringValue {
                #expect(["answer_reserve", "budget"].contains(end), place)
            }
            if maximum % 7 == 0 {
                let streamed = try await client.chat(APIClient.chat(members.merging(["stream": true])))
                #expect(
                    try Accumulation(streamed.events).withoutIdentifiers()
                        == Accumulation(whole: choice).withoutIdentifiers(), place)
            }
        }
    }

    @Test func thoughtsThatNobodyAskedForGiveWayToTheAnswer() async throws {
        let client = try APIClient.endlessThinker()
        let brief = try await client.chat(APIClient.chat(["max_tokens": 40])).json["choices"]?[0]
        #expect(brief?["message"]?["content"] == "Yes.")
        #expect(brief?["message"]?["reasoning_content"]?.stringValue ?? "" == "")
        #expect(brief?["finish_details"] == ["reasoning_end": "answer_reserve"])
    }

    @Test func aRoomOfNothingForTheAnswerIsForThoughtsAlone() async throws {
        let client = try APIClient.endlessThinker()
        for maximum in [1, 5, 40] {
            let body = APIClient.chat(["max_tokens": .number(maximum), "min_answer_tokens": 0])
            let (all, reasoning) = try counts(try await client.chat(body).json)
            #expect(all == maximum && reasoning == maximum)
        }
    }

    @Test func aBudgetThatFitsIsKeptToTheToken() async throws {
        let client = try APIClient.endlessThinker()
        let full = client.model.stopPhraseCount
        for maximum in [full * 4 / 3 + 20, 2 * full] {
            let body = APIClient.chat(["max_tokens": .number(maximum), "thinking_budget": 8])
            let reply = try await client.chat(body).json
            // What stands behind the closing tag is no reasoning.
            #expect(try counts(reply).reasoning == 8 + full - client.model.tokens("\n\n").count)
            #expect(reply["choices"]?[0]?["finish_details"] == ["reasoning_end": "budget"])
        }
    }
}

extension TestModel {
    /// How many tokens Qwen3's words for thinking that is cut short have in the model's own tokens.
    fileprivate var stopPhraseCount: Int {
        tokens(
            "\n\nConsidering the limited time by the user, I have to give the solution based on the thinking directly now."
                + "\n</think>\n\n"
        ).count
    }
}
